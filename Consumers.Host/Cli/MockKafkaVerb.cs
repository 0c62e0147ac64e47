using System.CommandLine;
using Consumers.Core;
using Consumers.Host.Hosting;
using Consumers.Kafka;
using Consumers.Kafka.Mock;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Cli;

/// <summary><c>consumers mock-kafka</c>: librdkafka's mock cluster as a process of its own, for <c>scripts/brokers.sh</c> where there is no Kafka.</summary>
internal static class MockKafkaVerb
{
    public static Verb Create()
    {
        var addressFile = new Option<string?>("--address-file") { Description = "A file that gets the address once the cluster takes connections." };
        var obey = new Option<bool>("--obey") { Description = "Read from stdin: 'down' closes every connection and takes none, 'up' takes them again, its end ends the cluster." };
        var verb = new Verb("mock-kafka", "Run a Kafka cluster that lives in this process's memory, with the fleet's topics, until it is told to stop.")
        {
            Hidden = true,
            Examples = ["consumers mock-kafka", "consumers mock-kafka --address-file .run/kafka/address"],
        };
        verb.Add(addressFile);
        verb.Add(obey);
        verb.SetAction(async (parsed, cancellationToken) =>
        {
            using var services = Services();
            using var cluster = KafkaMock.Start(services.GetRequiredService<IOptions<KafkaOptions>>().Value, services.GetRequiredService<RetrySchedule>());
            parsed.InvocationConfiguration.Output.WriteLine(cluster.BootstrapServers);
            if (parsed.GetValue(addressFile) is { } file)
            {
                // Whole or not at all: a reader waits for the file.
                await File.WriteAllTextAsync(file + ".new", cluster.BootstrapServers + "\n", cancellationToken);
                File.Move(file + ".new", file, overwrite: true);
            }
            if (parsed.GetValue(obey))
            {
                await ObeyAsync(cluster, Console.In, cancellationToken);
            }
            else
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            return ExitCode.Ok;
        });
        return verb;
    }

    private static async Task ObeyAsync(MockCluster cluster, TextReader orders, CancellationToken cancellationToken)
    {
        // The console reads without heeding a token.
        while (await Task.Run(orders.ReadLine, CancellationToken.None).WaitAsync(cancellationToken) is { } order)
        {
            switch (order)
            {
                case "down":
                    cluster.SetDown();
                    break;
                case "up":
                    cluster.SetUp();
                    break;
            }
        }
    }

    private static ServiceProvider Services()
    {
        var configuration = new ConfigurationManager();
        HostSources.AddFolderAndCommandLine(configuration, Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? "Production", []);
        // The topics are the configured ones; the address is its own.
        configuration["KAFKA_BOOTSTRAP_SERVERS"] = KafkaOptions.Embedded;
        var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration);
        services.AddTaskConsumers().AddKafka();
        return services.BuildServiceProvider();
    }
}
