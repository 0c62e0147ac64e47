using System.Text;
using Consumers.Core;
using Microsoft.Extensions.Options;

namespace Consumers.Rabbit;

/// <summary>All that is wrong at once. The URL's password is never repeated.</summary>
public sealed class RabbitOptionsValidator(string section = RabbitOptions.Section) : IValidateOptions<RabbitOptions>
{
    private const string NameRule = "1 to 200 bytes, not starting with 'amq.'";

    public ValidateOptionsResult Validate(string? name, RabbitOptions options)
    {
        if (!options.Enabled)
        {
            return ValidateOptionsResult.Success;
        }
        var errors = new OptionErrors(section);
        errors.Check(BrokerAddress.TryParse(options.Url) is not null, nameof(options.Url), BrokerAddress.Redact(options.Url), "amqp://user:password@host:port/vhost or amqps://… (RABBITMQ_URL goes before it)");
        CheckName(errors, nameof(options.WorkQueue), options.WorkQueue);
        CheckName(errors, nameof(options.Exchange), options.Exchange);
        CheckName(errors, nameof(options.RetryQueuePrefix), options.RetryQueuePrefix);
        CheckName(errors, nameof(options.DeadLetterExchange), options.DeadLetterExchange);
        CheckName(errors, nameof(options.DeadLetterQueue), options.DeadLetterQueue);
        CheckName(errors, nameof(options.StatusExchange), options.StatusExchange);
        errors.Check(options.WorkQueue != options.DeadLetterQueue, nameof(options.DeadLetterQueue), options.DeadLetterQueue, "another name than WorkQueue");
        errors.Check(options.Exchange != options.DeadLetterExchange && options.Exchange != options.StatusExchange && options.DeadLetterExchange != options.StatusExchange,
            nameof(options.Exchange), options.Exchange, "another name than DeadLetterExchange and StatusExchange, and these two must differ as well");
        errors.Check(Enum.IsDefined(options.QueueType), nameof(options.QueueType), options.QueueType, "Quorum or Classic");
        // Below the republishing threshold the broker would dead-letter innocents before they are rescued.
        errors.Check(options.DeliveryLimit is > RabbitDelivery.RepublishAt and <= 1_000_000, nameof(options.DeliveryLimit), options.DeliveryLimit, $"{RabbitDelivery.RepublishAt + 1} to 1000000");
        errors.Check(options.MinConcurrency is >= 1 and <= 1000, nameof(options.MinConcurrency), options.MinConcurrency, "1 to 1000");
        errors.Check(options.MaxConcurrency >= options.MinConcurrency && options.MaxConcurrency <= 1000, nameof(options.MaxConcurrency), options.MaxConcurrency, "MinConcurrency to 1000");
        errors.Check(options.Lanes is >= 0 and <= 64 && (options.Lanes > 0 || options.MaxConcurrency <= 64), nameof(options.Lanes), options.Lanes, "1 to 64, or 0 with a MaxConcurrency of at most 64");
        errors.Check(options.Prefetch is >= 0 and <= 5000, nameof(options.Prefetch), options.Prefetch, "0 (follow the concurrency) to 5000");
        errors.Check(options.HeldBytes is >= 1024 * 1024 and <= 4L * 1024 * 1024 * 1024, nameof(options.HeldBytes), options.HeldBytes, "1048576 (1 MiB) to 4294967296 (4 GiB)");
        errors.Check(IsWait(options.ConfirmTimeout), nameof(options.ConfirmTimeout), options.ConfirmTimeout, "100 ms to 10 min");
        errors.Check(IsWait(options.PublishWait), nameof(options.PublishWait), options.PublishWait, "100 ms to 10 min");
        errors.Check(options.MaxOutstandingConfirms is >= 1 and <= 65_536, nameof(options.MaxOutstandingConfirms), options.MaxOutstandingConfirms, "1 to 65536");
        errors.Check(options.Heartbeat >= TimeSpan.FromSeconds(1) && options.Heartbeat <= TimeSpan.FromMinutes(10), nameof(options.Heartbeat), options.Heartbeat, "1 s to 10 min");
        errors.Check(options.StalledAfter >= TimeSpan.FromSeconds(1) && options.StalledAfter <= TimeSpan.FromHours(1), nameof(options.StalledAfter), options.StalledAfter, "1 s to 1 hour");
        errors.Check(options.ConsumerTimeout == TimeSpan.Zero || (options.ConsumerTimeout >= TimeSpan.FromSeconds(1) && options.ConsumerTimeout <= TimeSpan.FromDays(30)),
            nameof(options.ConsumerTimeout), options.ConsumerTimeout, "the broker's consumer_timeout, 1 s to 30 days, or 0 where it has none");
        errors.Check(Enum.IsDefined(options.Record), nameof(options.Record), options.Record, string.Join(" or ", Enum.GetNames<RecordMode>()));
        errors.Check(Enum.IsDefined(options.Guard), nameof(options.Guard), options.Guard, string.Join(" or ", Enum.GetNames<GuardMode>()));
        errors.Check((options.Record == RecordMode.All) == (options.Guard == GuardMode.Ledger), nameof(options.Guard), options.Guard,
            options.Record == RecordMode.All ? "Ledger, because Record is All" : "Redis or None, because Record is None");
        errors.Check(Enum.IsDefined(options.GuardAway), nameof(options.GuardAway), options.GuardAway, string.Join(" or ", Enum.GetNames<GuardAway>()));
        return errors.Result;
    }

    private static bool IsWait(TimeSpan wait) => wait >= TimeSpan.FromMilliseconds(100) && wait <= TimeSpan.FromMinutes(10);

    private static void CheckName(OptionErrors errors, string option, string? value) =>
        // 255 bytes are AMQP's limit; a retry queue adds its tier.
        errors.Check(value is { Length: > 0 } && Encoding.UTF8.GetByteCount(value) <= 200 && !value.StartsWith("amq.", StringComparison.Ordinal), option, value, NameRule);
}
