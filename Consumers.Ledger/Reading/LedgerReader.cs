namespace Consumers.Ledger;

/// <summary>Short reads that processes make all the time, on one connection that is kept. One that failed is opened anew by the next read.</summary>
internal sealed class LedgerReader(LedgerDatabase database) : IDisposable
{
    private readonly Lock _gate = new();
    private LedgerConnection? _connection;
    private bool _isDisposed;

    /// <summary>Blocks its thread for as long as it reads. A statement is to be read to its end, or reset: what is left in the middle keeps the write-ahead log from being reset.</summary>
    /// <exception cref="LedgerFault">It cannot be read.</exception>
    public T Read<T>(Func<LedgerConnection, T> read)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            try
            {
                _connection ??= LedgerConnection.ToRead(database);
                return read(_connection);
            }
            catch
            {
                Close();
                throw;
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            Close();
        }
    }

    private void Close()
    {
        _connection?.Dispose();
        _connection = null;
    }
}
