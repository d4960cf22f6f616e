"""What limits browsers and finders of vulnerabilities: the policies in headers, and `security.txt`."""
