// Elements that match, each handed out once for a purpose: htmx announces what it loads, and the whole page too.
const seen = new Map();

export function once(root, selector, purpose = selector) {
  if (!root.querySelectorAll) return [];
  const known = seen.get(purpose) ?? seen.set(purpose, new WeakSet()).get(purpose);
  const found = [...root.querySelectorAll(selector)];
  if (root.matches?.(selector)) found.push(root);
  return found.filter((element) => !known.has(element) && known.add(element));
}
