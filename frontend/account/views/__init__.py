"""The views of the account, by what people come for."""
