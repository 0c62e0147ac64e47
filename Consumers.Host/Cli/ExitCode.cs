namespace Consumers.Host.Cli;

/// <summary>DESIGN §11; scripts rely on them.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>It ran, and something failed.</summary>
    public const int Failed = 1;

    /// <summary>Bad input or configuration: nothing was done.</summary>
    public const int BadInput = 2;

    /// <summary>A dependency cannot be reached: the same call may succeed later.</summary>
    public const int Unreachable = 3;

    /// <summary>Another live instance has this CONSUMER_ID.</summary>
    public const int NameTaken = 4;

    public const int Interrupted = 130;
}

/// <summary>Ends a verb with one clear text and a code.</summary>
internal sealed class CliException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;
}
