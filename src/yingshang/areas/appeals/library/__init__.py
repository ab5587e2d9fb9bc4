"""The answer library 答复知识库: answers made from approved replies, templates, and what fits a text.

| module | what it does |
|---|---|
| `rules` | `data/library.yaml`, read once |
| `texts` | an answer is tidied, held to its limits and masked; placeholders of templates are filled in |
| `finding` | answers and policies that fit what somebody is writing; answers by words |
| `selectors` | what everybody, and what the officials who keep it, read |
| `telling` | who is told of what waits to be published, and of what was returned |
| `using` | which answers were put into a reply |
| `actions` | propose, write, publish, return, drop, retire; templates; what was put into a reply is counted |
"""
