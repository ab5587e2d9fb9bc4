"""Reading that takes longer than a request may: files of many pages, many sentences at once, a language model."""
