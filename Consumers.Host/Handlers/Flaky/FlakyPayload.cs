namespace Consumers.Host.Handlers;

/// <summary>How a <c>flaky</c> task fails. At least one of <see cref="FailTimes"/> and <see cref="Mode"/> is required.</summary>
/// <param name="FailTimes">The first so many attempts of a series fail, the next succeeds; 0–101. Default: with a mode, every attempt fails.</param>
/// <param name="Mode">
/// <c>retryable</c> (default), <c>permanent</c>, <c>throw</c> (an exception), <c>hang</c> (until it is cancelled) or <c>success</c>; with
/// <see cref="FlakyOptions.AllowCrashes"/> also one of <see cref="FlakyCrash.Modes"/>.
/// </param>
/// <param name="AfterMs">Milliseconds of work before the attempt ends, 0 to 3,600,000. Default 0. With <c>block</c>, how long the thread is held.</param>
/// <param name="RetryAfterMs">The wait that a retryable failure asks for, in milliseconds, 0 to 86,400,000. Default: the backoff of the retry schedule.</param>
/// <param name="Reason">The failure's text. Default names the attempt.</param>
internal sealed record FlakyPayload(int? FailTimes, string? Mode, int? AfterMs, int? RetryAfterMs, string? Reason)
{
    public static readonly IReadOnlyList<string> Modes = ["retryable", "permanent", "throw", "hang", "success", .. FlakyCrash.Modes];

    /// <summary>What is wrong with it, or null.</summary>
    public string? Problem() => this switch
    {
        { FailTimes: null, Mode: null } => "the payload needs failTimes or mode, such as {\"failTimes\":2} or {\"mode\":\"permanent\"}",
        { FailTimes: < 0 or > 101 } => $"payload.failTimes is {FailTimes}, but must be 0 to 101",
        { Mode: { } mode } when !Modes.Contains(mode) => $"payload.mode is '{mode}', but must be one of {string.Join(", ", Modes)}",
        { AfterMs: < 0 or > SleepPayload.MaxMilliseconds } => $"payload.afterMs is {AfterMs}, but must be 0 to {SleepPayload.MaxMilliseconds} milliseconds",
        { RetryAfterMs: < 0 or > 86_400_000 } => $"payload.retryAfterMs is {RetryAfterMs}, but must be 0 to 86400000 milliseconds",
        _ => null,
    };

    public bool Fails(int attempt) => Mode != "success" && attempt <= (FailTimes ?? int.MaxValue);
}
