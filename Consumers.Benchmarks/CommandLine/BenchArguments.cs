using System.Globalization;
using Consumers.Kafka;

namespace Consumers.Benchmarks;

/// <summary>What the command line asks for.</summary>
internal sealed record BenchArguments
{
    public const string DefaultUrl = "amqp://guest:guest@127.0.0.1:5672/";

    public const string Usage = """
        Consumers.Benchmarks [scenario…] [--messages N] [--rounds N] [--queue quorum|classic|both] [--url amqp://…] [--kafka SERVERS] [--only VARIANTS] [--json] [--list]
        Consumers.Benchmarks goals [scenario…] [the same options]

          scenario        --list has them; all but the long ones, prefetch and kafka-grid, when none is named
          goals           all that a goal is about, in about a quarter of an hour, and then the goals with what was reached, as markdown
          --messages N    messages a run, 1,000 to 5,000,000 (default 100,000; goals: each scenario its own, which it says)
          --rounds N      interleaved rounds, 1 to 99 (default 5; goals: each scenario its own), after one that is not counted
          --queue KIND    quorum, classic or both (default both)
          --url URL       the broker; default RABBITMQ_URL, else amqp://guest:guest@127.0.0.1:5672/
          --kafka SERVERS a Kafka cluster; default KAFKA_BOOTSTRAP_SERVERS, else librdkafka's mock cluster in a process of its own
          --only VARIANTS these alone, separated by commas, such as raw,fleet
          --json          one JSON document on standard output instead of tables
          --list          scenarios, variants and goals; runs nothing

        Exit codes: 0 ok, 1 a run failed, 2 bad input, 3 broker unreachable, 130 interrupted.
        Quote ratios from one run: absolute figures drift with whatever else the machine does.
        """;

    /// <summary>Empty for all.</summary>
    public IReadOnlyList<string> Scenarios { get; init; } = [];

    /// <summary>Whether the table of goals is asked for.</summary>
    public bool Goals { get; init; }

    /// <summary>As asked for; null for the default.</summary>
    public int? AskedMessages { get; init; }

    /// <summary>As asked for; null for the default.</summary>
    public int? AskedRounds { get; init; }

    public int Messages => AskedMessages ?? 100_000;

    public int Rounds => AskedRounds ?? 5;

    public IReadOnlyList<QueueKind> Queues { get; init; } = [QueueKind.Quorum, QueueKind.Classic];

    public Uri Url { get; init; } = new(DefaultUrl);

    /// <summary>Null for a mock cluster in a process of its own.</summary>
    public string? Kafka { get; init; }

    /// <summary>Names of variants; empty for all.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    public bool Json { get; init; }

    public bool List { get; init; }

    public bool Help { get; init; }

    /// <param name="environmentUrl">RABBITMQ_URL; null or empty when it is not set.</param>
    /// <param name="environmentKafka">KAFKA_BOOTSTRAP_SERVERS; null or empty when it is not set.</param>
    /// <exception cref="BadInputException">Something is unknown, missing or out of range.</exception>
    public static BenchArguments Parse(IReadOnlyList<string> args, string? environmentUrl, string? environmentKafka)
    {
        var scenarios = new List<string>();
        var parsed = new BenchArguments { Kafka = string.IsNullOrEmpty(environmentKafka) || environmentKafka == KafkaOptions.Embedded ? null : environmentKafka };
        string? url = null;
        for (var i = 0; i < args.Count; i++)
        {
            var (name, inline) = Split(args[i]);
            switch (name)
            {
                case "--messages":
                    parsed = parsed with { AskedMessages = Number(name, Value(), 1_000, 5_000_000) };
                    break;
                case "--rounds":
                    parsed = parsed with { AskedRounds = Number(name, Value(), 1, 99) };
                    break;
                case "--queue":
                    parsed = parsed with { Queues = Kinds(Value()) };
                    break;
                case "--url":
                    url = Value();
                    break;
                case "--kafka":
                    parsed = parsed with { Kafka = Value() };
                    break;
                case "--only":
                    parsed = parsed with { Only = Value().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) };
                    break;
                case "--json":
                    parsed = parsed with { Json = Flag() };
                    break;
                case "--list":
                    parsed = parsed with { List = Flag() };
                    break;
                case "--help" or "-h":
                    parsed = parsed with { Help = Flag() };
                    break;
                case ['-', ..]:
                    throw new BadInputException($"unknown option '{name}'; --help lists the options");
                case "goals" when i == 0:
                    parsed = parsed with { Goals = Flag() };
                    break;
                default:
                    scenarios.Add(name);
                    break;
            }

            string Value() => inline ?? (++i < args.Count ? args[i] : throw new BadInputException($"{name} needs a value"));

            bool Flag() => inline is null ? true : throw new BadInputException($"{name} takes no value");
        }
        var address = url is not null ? Address("--url", url)
            : string.IsNullOrEmpty(environmentUrl) ? parsed.Url
            : Address("RABBITMQ_URL", environmentUrl);
        return parsed with { Scenarios = scenarios, Url = address };
    }

    private static (string Name, string? Value) Split(string argument)
    {
        var equals = argument.StartsWith("--", StringComparison.Ordinal) ? argument.IndexOf('=') : -1;
        return equals < 0 ? (argument, null) : (argument[..equals], argument[(equals + 1)..]);
    }

    private static int Number(string name, string text, int min, int max) =>
        int.TryParse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new BadInputException(string.Create(CultureInfo.InvariantCulture, $"{name} is '{text}', but must be a whole number from {min:N0} to {max:N0}"));

    private static QueueKind[] Kinds(string text) => text switch
    {
        "quorum" => [QueueKind.Quorum],
        "classic" => [QueueKind.Classic],
        "both" => [QueueKind.Quorum, QueueKind.Classic],
        _ => throw new BadInputException($"--queue is '{text}', but must be quorum, classic or both"),
    };

    // The text is not repeated in the error: it may hold a password.
    private static Uri Address(string name, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "amqp" or "amqps" && uri.Host.Length > 0
            ? uri
            : throw new BadInputException($"{name} must be a URL such as {DefaultUrl}");
}
