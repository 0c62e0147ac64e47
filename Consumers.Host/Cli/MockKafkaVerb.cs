using System.CommandLine;
using Consumers.Core;
using Consumers.Host.Hosting;
using Consumers.Kafka;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Cli;

/// <summary><c>consumers mock-kafka</c>: librdkafka's mock cluster as a process of its own, for <c>scripts/brokers.sh</c> where there is no Kafka.</summary>
internal static class MockKafkaVerb
{
    public static Verb Create()
    {
        var addressFile = new Option<string?>("--address-file") { Description = "A file that gets the address once the cluster takes connections." };
        var verb = new Verb("mock-kafka", "Run a Kafka cluster that lives in this process's memory, with the fleet's topics, until it is told to stop.")
        {
            Hidden = true,
            Examples = ["consumers mock-kafka", "consumers mock-kafka --address-file .run/kafka/address"],
        };
        verb.Add(addressFile);
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
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return ExitCode.Ok;
        });
        return verb;
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
