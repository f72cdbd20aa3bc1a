module entente.example/verifier

go 1.22.0

require github.com/transparency-dev/merkle v0.0.2
