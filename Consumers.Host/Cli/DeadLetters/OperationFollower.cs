using Consumers.Host.Api;

namespace Consumers.Host.Cli.DeadLetters;

/// <summary>Looks at an operation until it ends. An interrupt ends the looking, and not the operation.</summary>
internal sealed class OperationFollower(HostApi host, TextWriter output, TextWriter error, bool json, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the host may be away meanwhile.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly bool _isTerminal = !Console.IsErrorRedirected;

    public async Task<int> FollowAsync(OperationView operation, CancellationToken cancellationToken)
    {
        try
        {
            var path = $"api/operations/{Uri.EscapeDataString(operation.Id)}";
            var answered = time.GetTimestamp();
            long? shown = null;
            while (operation.State is "running")
            {
                if (_isTerminal && !json)
                {
                    error.Write($"\r\u001b[K{OperationText.Line(operation)}");
                }
                else if (!json && (shown is not { } last || time.GetElapsedTime(last) >= TimeSpan.FromSeconds(5)))
                {
                    error.WriteLine(OperationText.Line(operation));
                    shown = time.GetTimestamp();
                }
                await Task.Delay(Interval, time, cancellationToken);
                try
                {
                    operation = await host.GetAsync<OperationView>(path, cancellationToken);
                    answered = time.GetTimestamp();
                }
                catch (CliException e) when (e.ExitCode == ExitCode.Unreachable && time.GetElapsedTime(answered) < Patience)
                {
                    // It may restart; the operation is in the ledger.
                }
            }
            ClearLine();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            ClearLine();
            error.WriteLine($"interrupted: the operation goes on. Look: consumers operations watch {Terminal.Clean(operation.Id)}    Stop it: consumers operations cancel {Terminal.Clean(operation.Id)}");
            return ExitCode.Interrupted;
        }
        OperationText.Print(output, operation, json);
        if (!json && operation.State is "stopped" or "paused")
        {
            error.WriteLine($"it can go on: consumers operations resume {Terminal.Clean(operation.Id)}");
        }
        return operation.State == "done" && operation is { FailedAgain: 0, Skipped: 0 } ? ExitCode.Ok : ExitCode.Failed;
    }

    private void ClearLine()
    {
        if (_isTerminal && !json)
        {
            error.Write("\r\u001b[K");
        }
    }
}
