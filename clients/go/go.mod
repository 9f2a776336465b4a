module ticket-interop/adapter

go 1.21
