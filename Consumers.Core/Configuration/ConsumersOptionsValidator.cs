using Microsoft.Extensions.Options;

namespace Consumers.Core;

/// <summary>All that is wrong at once, each with its full name, its value and the rule.</summary>
internal sealed class ConsumersOptionsValidator : IValidateOptions<ConsumersOptions>
{
    public ValidateOptionsResult Validate(string? name, ConsumersOptions options)
    {
        var errors = new OptionErrors(ConsumersOptions.Section);
        errors.Check(options.InstanceName is null or "" || InstanceIdentity.IsValid(options.InstanceName), "InstanceName", options.InstanceName, InstanceIdentity.Rule);
        errors.Check(options.DrainTimeout >= TimeSpan.Zero && options.DrainTimeout <= TimeSpan.FromHours(1), "DrainTimeout", options.DrainTimeout, "0 to 1 hour");
        errors.Check(options.MaxBodyBytes is >= 1024 and <= 64 * 1024 * 1024, "MaxBodyBytes", options.MaxBodyBytes, "1024 to 67108864 (64 MiB)");
        errors.Check(options.DefaultMaxRetries is >= 0 and <= 100, "DefaultMaxRetries", options.DefaultMaxRetries, "0 to 100");
        errors.Check(options.Retry.Base >= TimeSpan.FromMilliseconds(10) && options.Retry.Base <= options.Retry.Cap, "Retry:Base", options.Retry.Base, "at least 10 ms and at most Retry:Cap");
        errors.Check(options.Retry.Cap <= TimeSpan.FromHours(1), "Retry:Cap", options.Retry.Cap, "at most 1 hour");
        errors.Check(options.Retry.Jitter is >= 0 and <= 0.2, "Retry:Jitter", options.Retry.Jitter, "0 to 0.2, because a retry queue holds a message 1.2 times its tier at most");
        errors.Check(options.Retry.MaxDelay >= options.Retry.Cap, "Retry:MaxDelay", options.Retry.MaxDelay, "at least Retry:Cap");
        errors.Check(IsTimeout(options.Handlers.Timeout), "Handlers:Timeout", options.Handlers.Timeout, "over 0, at most 24 hours");
        errors.Check(options.Handlers.CancellationGrace >= TimeSpan.Zero && options.Handlers.CancellationGrace <= TimeSpan.FromHours(1), "Handlers:CancellationGrace", options.Handlers.CancellationGrace, "0 to 1 hour");
        errors.Check(options.Handlers.MaxAbandoned is >= 0 and <= 10_000, "Handlers:MaxAbandoned", options.Handlers.MaxAbandoned, "0 (however many) to 10000");
        var breaker = options.Breaker;
        errors.Check(breaker.FailureRatio is > 0 and <= 1, "Breaker:FailureRatio", breaker.FailureRatio, "over 0, at most 1");
        errors.Check(breaker.MinimumThroughput is >= 2 and <= 10_000, "Breaker:MinimumThroughput", breaker.MinimumThroughput, "2 to 10000");
        errors.Check(breaker.SamplingDuration >= TimeSpan.FromSeconds(0.5) && breaker.SamplingDuration <= TimeSpan.FromHours(1), "Breaker:SamplingDuration", breaker.SamplingDuration, "0.5 s to 1 hour");
        errors.Check(breaker.BreakDuration >= TimeSpan.FromSeconds(0.5) && breaker.BreakDuration <= breaker.MaxBreakDuration, "Breaker:BreakDuration", breaker.BreakDuration, "at least 0.5 s and at most Breaker:MaxBreakDuration");
        errors.Check(breaker.MaxBreakDuration <= TimeSpan.FromHours(1), "Breaker:MaxBreakDuration", breaker.MaxBreakDuration, "at most 1 hour");
        errors.Check(options.DeadLetters.MaxKeptBytes is >= 1024 and <= 512 * 1024 * 1024, "DeadLetters:MaxKeptBytes", options.DeadLetters.MaxKeptBytes, "1024 to 536870912 (512 MiB)");
        errors.Check(
            options.DeadLetters.DeadRetention is not { } kept || (kept >= TimeSpan.FromHours(1) && kept <= TimeSpan.FromDays(3650)),
            "DeadLetters:DeadRetention", options.DeadLetters.DeadRetention, "1 hour to 3650 days, or left out");
        errors.Check(options.DeadLetters.ReplayRate is >= OperationOrder.LowestRate and <= OperationOrder.HighestRate, "DeadLetters:ReplayRate", options.DeadLetters.ReplayRate, "0.1 to 10000 a second");
        foreach (var (type, of) in options.Handlers.Types)
        {
            errors.Check(TaskName.IsValid(type), $"Handlers:Types:{type}", type, TaskName.Rule);
            errors.Check(of.Timeout is not { } timeout || IsTimeout(timeout), $"Handlers:Types:{type}:Timeout", of.Timeout, "over 0, at most 24 hours");
        }
        return errors.Result;
    }

    private static bool IsTimeout(TimeSpan timeout) => timeout > TimeSpan.Zero && timeout <= TimeSpan.FromHours(24);
}
