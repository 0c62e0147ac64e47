using System.Net;
using System.Net.Sockets;
using Consumers.Tests.Fixtures;
using Consumers.Tests.Host;

namespace Consumers.Tests.Doctor;

public sealed class HostDoctorTests
{
    [Fact]
    public async Task A_port_that_somebody_has_is_told_with_who_has_it()
    {
        using var folder = new TempFolder();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        var visit = await Visit.PayAsync(folder, ("urls", $"http://127.0.0.1:{port}"));

        visit.ShouldTell("host.port", "fail", $"port {port} is taken by process {Environment.ProcessId} (");
        visit.Told("host.port").ShouldContain($"--urls http://127.0.0.1:{port + 1}");
        visit.ExitCode.ShouldBe(1);
    }

    [Fact]
    public async Task A_port_that_another_instance_has_is_a_warning()
    {
        using var folder = new TempFolder();
        await using var host = await HostUnderTest.StartAsync();

        (await Visit.PayAsync(folder, ("urls", host.Address.OriginalString))).ShouldTell("host.port", "warn", "is taken by instance 't-");
    }

    [Fact]
    public async Task Dangerous_settings_are_warned_of()
    {
        using var folder = new TempFolder();

        var visit = await Visit.PayAsync(folder,
            ("Consumers:Rabbit:Enabled", "true"), ("RABBITMQ_URL", "embedded"), ("Consumers:Rabbit:Guard", "None"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", $"http://127.0.0.1:{FreePort.Take()}"),
            ("urls", $"http://0.0.0.0:{FreePort.Take()}"), ("CONSUMERS_API_KEY", "canary-key"));

        visit.ExitCode.ShouldBe(0, "warnings alone");
        visit.ShouldTell("settings.modules", "warn", "embedded, tasks wait in the process's memory");
        visit.ShouldTell("settings.guard", "warn", "rabbit without a guard: a task that is delivered twice runs twice");
        visit.ShouldTell("telemetry.connection", "warn", "traces and metrics are lost");
        visit.ShouldTell("host.api-key", "warn", "CONSUMERS_API_KEY has fewer than 16 characters");
        visit.ShouldTell("settings.modules.kafka", "off", "module kafka is switched off");
        (visit.Json + visit.Text).ShouldNotContain("canary");
    }

    [Fact]
    public async Task More_bodies_than_memory_and_a_key_in_the_clear_are_told()
    {
        using var folder = new TempFolder();

        var visit = await Visit.PayAsync(folder, TimeSpan.FromSeconds(1),
            ("Consumers:Rabbit:Enabled", "true"), ("RABBITMQ_URL", $"amqp://127.0.0.1:{FreePort.Take()}"), ("Consumers:Rabbit:Lanes", "64"), ("Consumers:Rabbit:Prefetch", "5000"), ("Consumers:Rabbit:HeldBytes", "4294967296"),
            ("urls", $"http://0.0.0.0:{FreePort.Take()}"), ("CONSUMERS_API_KEY", "a-long-random-text-0123456789"));

        visit.ShouldTell("settings.memory", "warn", "a burst of large tasks can end the process");
        visit.ShouldTell("host.api-key", "warn", "without TLS");
    }
}
