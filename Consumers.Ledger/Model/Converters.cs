using Consumers.Core;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Consumers.Ledger;

/// <summary>Times are whole milliseconds since 1970: they compare, sort and index alike on every database.</summary>
internal sealed class UnixMillisecondsConverter() : ValueConverter<DateTimeOffset, long>(
    time => time.ToUnixTimeMilliseconds(),
    value => DateTimeOffset.FromUnixTimeMilliseconds(value));

/// <summary>States are the words of the wire, so that a person can read the tables.</summary>
internal sealed class StateConverter() : ValueConverter<TaskState, string>(
    state => state.ToWire(),
    name => Read(name))
{
    internal static TaskState Read(string name) =>
        TaskStateNames.FromWire(name) ?? throw new InvalidOperationException($"the ledger holds a task in state '{name}', which this version does not know");
}

/// <inheritdoc cref="StateConverter" />
internal sealed class DeadLetterStateConverter() : ValueConverter<DeadLetterState, string>(
    state => state.ToWire(),
    name => Read(name))
{
    internal static DeadLetterState Read(string name) =>
        DeadLetterStateNames.FromWire(name) ?? throw new InvalidOperationException($"the ledger holds a dead letter in state '{name}', which this version does not know");
}

/// <inheritdoc cref="StateConverter" />
internal sealed class OperationKindConverter() : ValueConverter<OperationKind, string>(
    kind => kind.ToWire(),
    name => Read(name))
{
    internal static OperationKind Read(string name) =>
        OperationNames.KindFrom(name) ?? throw new InvalidOperationException($"the ledger holds an operation of kind '{name}', which this version does not know");
}

/// <inheritdoc cref="StateConverter" />
internal sealed class OperationStateConverter() : ValueConverter<OperationState, string>(
    state => state.ToWire(),
    name => Read(name))
{
    internal static OperationState Read(string name) =>
        OperationNames.StateFrom(name) ?? throw new InvalidOperationException($"the ledger holds an operation in state '{name}', which this version does not know");
}

/// <inheritdoc cref="StateConverter" />
internal sealed class OperationItemStateConverter() : ValueConverter<OperationItemState, string>(
    state => state.ToWire(),
    name => Read(name))
{
    internal static OperationItemState Read(string name) =>
        OperationNames.ItemStateFrom(name) ?? throw new InvalidOperationException($"the ledger holds an operation's item in state '{name}', which this version does not know");
}
