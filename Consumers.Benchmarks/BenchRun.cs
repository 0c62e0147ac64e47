namespace Consumers.Benchmarks;

/// <summary>Runs what the command line asked for and reports it.</summary>
internal sealed class BenchRun(TextWriter output, TextWriter progress, TimeProvider time)
{
    public static readonly IReadOnlyList<IScenario> Scenarios =
    [
        new ConsumeScenario(), new NaiveScenario(), new ScalingScenario(), new PrefetchScenario(), new PublishScenario(), new LedgerScenario(), new LatencyScenario(), new StormScenario(), new MemoryScenario(), new PagesScenario(), new StartScenario(), new GrowthScenario(),
        new KafkaScenario("kafka", new KafkaWork(Workers: 3, HandlerTime: TimeSpan.Zero)), new KafkaScenario("kafka-1ms", new KafkaWork(Workers: 50, HandlerTime: TimeSpan.FromMilliseconds(1))),
        new KafkaSkewScenario(), new KafkaGridScenario(),
    ];

    /// <exception cref="BadInputException">A scenario is not known.</exception>
    /// <exception cref="BrokerAwayException">A scenario needs the broker.</exception>
    /// <exception cref="RunFailedException">A variant did not do its work.</exception>
    public async Task RunAsync(BenchArguments arguments, CancellationToken cancellationToken)
    {
        var scenarios = Select(arguments);
        CheckVariants(scenarios, arguments.Only);
        if (arguments.List)
        {
            ScenarioList.Write(output, scenarios);
            return;
        }
        // Read first: soon the load is our own.
        var machine = Machine.Read();
        await using var broker = scenarios.Any(scenario => scenario.NeedsBroker) ? await BenchBroker.ConnectAsync(arguments.Url, cancellationToken) : null;
        var report = new BenchReport(time.GetUtcNow(), machine, Describe(scenarios, broker, arguments.Kafka), arguments.Messages, arguments.Rounds, []);
        var showsTables = !arguments.Json && !arguments.Goals;
        if (showsTables)
        {
            TextReport.WriteHead(output, report);
        }
        var comparisons = new List<ComparisonReport>();
        var targets = new BenchTargets(broker, arguments.Queues, arguments.Kafka);
        var steps = scenarios.Select(scenario => Size(scenario, arguments)).ToArray();
        foreach (var (scenario, step) in scenarios.Zip(steps))
        {
            foreach (var comparison in scenario.Compare(targets).Select(comparison => Narrow(comparison, arguments)).Where(comparison => comparison.Variants.Count > 0))
            {
                var samples = await Interleaving.RunAsync(comparison, Math.Min(step.Messages, comparison.AtMost), step.Rounds, progress.WriteLine, cancellationToken);
                comparisons.Add(new ComparisonReport(comparison, samples));
                if (showsTables)
                {
                    TextReport.WriteComparison(output, comparisons[^1]);
                }
            }
        }
        if (arguments.Json)
        {
            output.WriteLine(JsonReport.Write(report with { Comparisons = comparisons }));
        }
        else if (arguments.Goals)
        {
            GoalReport.Write(output, report with { Comparisons = comparisons }, steps);
        }
    }

    private static GoalStep Size(IScenario scenario, BenchArguments arguments)
    {
        var own = arguments.Goals ? GoalPlan.Steps.First(step => step.Scenario == scenario.Name) : new GoalStep(scenario.Name, arguments.Messages, arguments.Rounds);
        return own with { Messages = arguments.AskedMessages ?? own.Messages, Rounds = arguments.AskedRounds ?? own.Rounds };
    }

    /// <exception cref="BadInputException">None of the scenarios has such a variant.</exception>
    private static void CheckVariants(IReadOnlyList<IScenario> scenarios, IReadOnlyList<string> only)
    {
        var names = scenarios.SelectMany(scenario => scenario.Compare(BenchTargets.None)).SelectMany(comparison => comparison.Variants).Select(variant => variant.Name).Distinct().ToArray();
        if (only.FirstOrDefault(name => !names.Contains(name)) is { } unknown)
        {
            throw new BadInputException($"there is no variant '{unknown}'; there are {string.Join(", ", names)}");
        }
    }

    private static Comparison Narrow(Comparison comparison, BenchArguments arguments)
    {
        if (arguments.Goals)
        {
            comparison = GoalPlan.Wants(comparison) ? GoalPlan.Narrow(comparison) : comparison with { Variants = [] };
        }
        return arguments.Only.Count == 0 ? comparison : comparison with { Variants = [.. comparison.Variants.Where(variant => arguments.Only.Contains(variant.Name))] };
    }

    private static string? Describe(IReadOnlyList<IScenario> scenarios, BenchBroker? broker, string? kafka)
    {
        string?[] brokers = [broker?.Description, scenarios.Any(scenario => scenario is KafkaScenario or KafkaGridScenario or KafkaSkewScenario) ? BenchCluster.Describe(kafka) : null];
        return brokers.Any(one => one is not null) ? string.Join("; ", brokers.OfType<string>()) : null;
    }

    private static IReadOnlyList<IScenario> Select(BenchArguments arguments)
    {
        IReadOnlyList<IScenario> known = arguments.Goals ? [.. Scenarios.Where(scenario => GoalPlan.Steps.Any(step => step.Scenario == scenario.Name))] : Scenarios;
        var names = arguments.Scenarios;
        var unknown = names.FirstOrDefault(name => known.All(scenario => scenario.Name != name));
        if (unknown is not null)
        {
            throw new BadInputException($"there is no {(arguments.Goals ? "goal about" : "scenario")} '{unknown}'; there are {string.Join(", ", known.Select(scenario => scenario.Name))}");
        }
        return names.Count > 0 ? [.. known.Where(scenario => names.Contains(scenario.Name))] : [.. known.Where(scenario => arguments.Goals || !scenario.IsLong)];
    }
}
