using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Consumers.Tests.Host.Dashboard;

/// <summary>Listens to what is read of one ledger through EF, and tells what each statement costs. Made before the ledger is used: EF asks only once a second whether anybody listens.</summary>
internal sealed class StatementCosts : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private readonly string _path;
    private readonly ConcurrentDictionary<string, IReadOnlyList<(string Name, object? Value)>> _statements = new();
    private readonly ConcurrentBag<IDisposable> _subscriptions = [];

    public StatementCosts(string path)
    {
        _path = path;
        _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));
    }

    /// <summary>What was read until now does not count.</summary>
    public void Forget() => _statements.Clear();

    /// <summary>With the values that each was run with last.</summary>
    public IReadOnlyList<(string Sql, int Steps)> Measure() => [.. _statements.Select(statement => (statement.Key, SqliteSteps.Of(_path, statement.Key, statement.Value)))];

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == DbLoggerCategory.Name)
        {
            _subscriptions.Add(value.Subscribe(this));
        }
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value is { Value: CommandEventData { Command: var command } } && value.Key == RelationalEventId.CommandExecuting.Name
            && command.CommandText.Contains("SELECT", StringComparison.Ordinal) && command.Connection is SqliteConnection { DataSource: var source } && source == _path)
        {
            _statements[command.CommandText] = [.. command.Parameters.Cast<DbParameter>().Select(parameter => (parameter.ParameterName, parameter.Value))];
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    public void Dispose()
    {
        foreach (var subscription in _subscriptions)
        {
            subscription.Dispose();
        }
    }
}
