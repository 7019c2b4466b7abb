# Attack surface: the source line that a syntax error shows
from base import Optimizer

'<script>alert(1)</script>' =HYPERLINK('[31m‮') <svg onload=alert(1)>
