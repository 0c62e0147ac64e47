namespace Consumers.Benchmarks;

internal static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>A run failed or did not finish. Goals that were missed are figures, not failures.</summary>
    public const int Failed = 1;
    public const int BadInput = 2;
    public const int BrokerUnreachable = 3;
    public const int Interrupted = 130;
}

/// <summary>The command line or the environment asks for something that cannot be done; the message is one line for the user.</summary>
internal sealed class BadInputException(string message) : Exception(message);
