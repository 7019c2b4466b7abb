# Attack surface: a source encoding whose codec has yet to be imported
# -*- coding: shift_jis -*-
