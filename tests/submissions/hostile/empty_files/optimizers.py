# Attack surface: files without content: no class, no line, nothing to compile
