using Consumers.Core;
using Microsoft.Extensions.Options;

namespace Consumers.Fleet;

/// <summary>All that is wrong at once. The URL's password is never repeated.</summary>
internal sealed class RedisOptionsValidator : IValidateOptions<RedisOptions>
{
    public ValidateOptionsResult Validate(string? name, RedisOptions options)
    {
        if (!options.IsConfigured)
        {
            return ValidateOptionsResult.Success;
        }
        var errors = new OptionErrors(RedisOptions.Section);
        errors.Check(RedisAddress.TryParse(options.Url, out _), nameof(options.Url), RedisAddress.Redact(options.Url), "redis://[user:password@]host:port[/database] or rediss://… (REDIS_URL goes before it)");
        errors.Check(options.Timeout >= TimeSpan.FromMilliseconds(50) && options.Timeout <= TimeSpan.FromSeconds(30), nameof(options.Timeout), options.Timeout, "50 ms to 30 s");
        errors.Check(options.Buffer is >= 100 and <= 10_000_000, nameof(options.Buffer), options.Buffer, "100 to 10000000");
        errors.Check(options.Remember >= TimeSpan.FromHours(1) && options.Remember <= TimeSpan.FromDays(365), nameof(options.Remember), options.Remember, "1 hour to 365 days, because a redelivery is recognized by what is remembered");
        return errors.Result;
    }
}
