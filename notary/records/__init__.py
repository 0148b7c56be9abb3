"""RFC 4998 evidence records: made, renewed, validated and exported under a policy of algorithm lifetimes."""
