using System.Globalization;
using Consumers.Host.Cli;
using Consumers.Host.Hosting;

namespace Consumers.Host.Verify;

/// <summary>What was typed.</summary>
internal sealed record VerifyInput(
    string Broker, string? Modules, int Instances, string Rate, string Profile, int? Seconds, string? Faults, int? Seed, IReadOnlyList<string> Reports, bool Keep)
{
    private const string KafkaPrefix = "kafka=";

    private static readonly string[] Brokers = ["rabbitmq", "kafka-mock", KafkaPrefix + "HOST:PORT"];

    /// <param name="newSeed">When none was asked for.</param>
    /// <exception cref="CliException">Something of it is wrong: what, and what would be right.</exception>
    public VerifyRequest Read(int newSeed)
    {
        var (carried, kafka) = ReadBrokers();
        var modules = ReadModules(carried);
        var profile = VerifyProfile.All.FirstOrDefault(profile => profile.Name == Profile)
            ?? throw Wrong($"--profile is '{Terminal.Clean(Profile)}', but must be {string.Join(", ", VerifyProfile.All.Select(known => known.Name))}.{NearestWord.Hint(Profile, [.. VerifyProfile.All.Select(known => known.Name)])}");
        if (Instances is < 1 or > 9)
        {
            throw Wrong($"--instances is {Instances}, but must be 1 to 9.");
        }
        if (Seconds is < 3 or > 86_400)
        {
            throw Wrong($"--seconds is {Seconds}, but must be 3 to 86400.");
        }
        foreach (var report in Reports)
        {
            CheckReport(report);
        }
        var (seed, load) = (Seed ?? newSeed, Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : profile.Load);
        var request = new VerifyRequest { Modules = modules, KafkaServers = kafka, Instances = Instances, Rate = ReadRate(), Seed = seed, Load = load, Plan = FaultPlan.None, Keep = Keep };
        return request with { Plan = FaultPlan.Create(seed, load, Instances, modules.Count, profile.Counts(ReadFaults(request, profile))) };
    }

    private (IReadOnlyList<string> Modules, string? Kafka) ReadBrokers()
    {
        var (modules, kafka) = (new HashSet<string>(), (string?)null);
        foreach (var broker in Broker.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (broker == "rabbitmq")
            {
                modules.UnionWith([ModuleSwitches.Rabbit, ModuleSwitches.Scaling]);
            }
            else if (broker == "kafka-mock")
            {
                modules.Add(ModuleSwitches.Kafka);
            }
            else if (broker.StartsWith(KafkaPrefix, StringComparison.Ordinal) && broker.Length > KafkaPrefix.Length)
            {
                modules.Add(ModuleSwitches.Kafka);
                // Several addresses would need the commas.
                kafka = broker[KafkaPrefix.Length..];
            }
            else
            {
                throw Wrong($"--broker is '{Terminal.Clean(broker)}', but must be {string.Join(", ", Brokers)}.{NearestWord.Hint(broker, Brokers)}");
            }
        }
        return modules.Count > 0 ? ([.. ModuleSwitches.Known.Where(modules.Contains)], kafka) : throw Wrong($"--broker names none: {string.Join(", ", Brokers)}.");
    }

    private IReadOnlyList<string> ReadModules(IReadOnlyList<string> carried)
    {
        if (Modules is null or "all")
        {
            return carried;
        }
        var chosen = Modules.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(ModuleSwitches.Parse).ToHashSet();
        if (chosen.Count == 0)
        {
            throw Wrong($"--modules names none: {string.Join(", ", carried)}.");
        }
        return chosen.FirstOrDefault(module => !carried.Contains(module)) is { } missing
            ? throw Wrong($"--modules has '{missing}', but --broker {Terminal.Clean(Broker)} carries {string.Join(" and ", carried)}.")
            : [.. carried.Where(chosen.Contains)];
    }

    private double? ReadRate()
    {
        if (Rate == "auto")
        {
            return null;
        }
        return double.TryParse(Rate.EndsWith("/s", StringComparison.Ordinal) ? Rate[..^2] : Rate, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate) && rate is >= 1 and <= 100_000
            ? rate
            : throw Wrong($"--rate is '{Terminal.Clean(Rate)}', but must be auto, or 1 to 100000 messages a second.");
    }

    private IReadOnlyCollection<(FaultKind Kind, int? Count)> ReadFaults(VerifyRequest request, VerifyProfile profile)
    {
        string? WhyNot(FaultKind kind) => kind.WhyNot(request.UsesRabbit, request is { UsesKafka: true, KafkaServers: null }, request.UsesRedis);
        if (Faults is null)
        {
            return [.. profile.Faults.Keys.Where(kind => WhyNot(kind) is null).Select(kind => (kind, (int?)null))];
        }
        var chosen = new Dictionary<FaultKind, int?>();
        foreach (var typed in Faults == "none" ? [] : Faults.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (option, count) = ReadCount(typed);
            var kinds = FaultKind.All.Where(kind => kind.Option == option).ToArray();
            if (kinds.Length == 0)
            {
                throw Wrong($"--faults has '{Terminal.Clean(option)}', but must be any of {string.Join(", ", FaultKind.Options)}, or none.{NearestWord.Hint(option, [.. FaultKind.Options])}");
            }
            var possible = kinds.Where(kind => WhyNot(kind) is null).ToArray();
            foreach (var kind in possible.Length > 0 ? possible : throw Wrong($"--faults has '{option}', but {WhyNot(kinds[0])}."))
            {
                chosen[kind] = count;
            }
        }
        return [.. chosen.Select(choice => (choice.Key, choice.Value))];
    }

    /// <summary><c>kill</c>, or <c>kill:10</c> for ten of them.</summary>
    private static (string Option, int? Count) ReadCount(string typed)
    {
        if (typed.Split(':', 2) is not [var option, var digits])
        {
            return (typed, null);
        }
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= 1000
            ? (option, count)
            : throw Wrong($"--faults has '{Terminal.Clean(typed)}', but how often must be 1 to 1000.");
    }

    private static void CheckReport(string path)
    {
        if (!path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) && !path.EndsWith(".html", StringComparison.OrdinalIgnoreCase))
        {
            throw Wrong($"--report is '{Terminal.Clean(path)}', but must end in .json or .html.");
        }
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
        {
            throw Wrong($"--report is '{Terminal.Clean(path)}', but there is no folder {Terminal.Clean(folder)}.");
        }
    }

    private static CliException Wrong(string message) => new(ExitCode.BadInput, message);
}
