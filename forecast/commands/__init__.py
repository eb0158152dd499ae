"""Commands: what the command line can do, a module each. Each parses, calls one public function, prints."""
