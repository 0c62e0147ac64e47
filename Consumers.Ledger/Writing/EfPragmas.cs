using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Consumers.Ledger;

/// <summary>Applies <see cref="LedgerPragmas"/> whenever EF opens a connection.</summary>
internal sealed class EfPragmas(string path, TimeSpan busyTimeout, bool readOnly) : DbConnectionInterceptor
{
    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) =>
        LedgerPragmas.Apply(
            sql =>
            {
                using var command = connection.CreateCommand();
                command.CommandText = sql;
                return Convert.ToString(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
            },
            path,
            busyTimeout,
            readOnly);

    public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        ConnectionOpened(connection, eventData);
        return Task.CompletedTask;
    }
}
