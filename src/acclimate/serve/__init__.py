"""An index folder as a service: search, compare and change documents over HTTP."""
