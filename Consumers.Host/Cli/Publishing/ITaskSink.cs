using Consumers.Core;

namespace Consumers.Host.Cli.Publishing;

/// <summary>Where published tasks go: the broker itself, or the API of a running host.</summary>
internal interface ITaskSink : IAsyncDisposable
{
    /// <summary>For people: where that is. Never a secret.</summary>
    string Name { get; }

    /// <summary>Returns when the task is confirmed. Safe to call again with the same task.</summary>
    /// <exception cref="PublishFailedException">It was not confirmed.</exception>
    ValueTask SendAsync(TaskMessage message, CancellationToken cancellationToken);
}
