using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Consumers.Core;
using Consumers.Host.Cli;
using Consumers.Host.Doctor;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.Configuration;

namespace Consumers.Tests.Doctor;

public sealed class DoctorTests
{
    [Fact]
    public async Task What_does_not_answer_is_unreachable_and_exit_code_3()
    {
        using var folder = new TempFolder();

        var visit = await Visit.PayAsync(folder, Everything(FreePort.Take()));

        visit.ExitCode.ShouldBe(3, visit.Json);
        foreach (var id in (string[])["rabbit.connection", "scaling.connection", "redis.connection", "kafka.connection"])
        {
            visit.Status(id).ShouldBe("unreachable");
            visit.Told(id).ShouldContain("./scripts/brokers.sh up");
        }
        visit.Told("kafka.connection").ShouldContain("onnection refused");
        visit.ShouldTell("ledger.path", "ok", "not there yet");
    }

    [Fact]
    public async Task What_swallows_everything_and_answers_nothing_holds_up_nobody()
    {
        using var folder = new TempFolder();
        using var hole = new Blackhole();

        var visit = await Visit.PayAsync(folder, TimeSpan.FromSeconds(1), Everything(hole.Port));

        visit.ExitCode.ShouldBe(3, visit.Json);
        foreach (var id in (string[])["rabbit.connection", "scaling.connection", "redis.connection", "kafka.connection"])
        {
            visit.ShouldTell(id, "unreachable", "no answer within 1 s");
        }
        visit.Status("ledger.path").ShouldBe("ok");
        visit.Status("host.port").ShouldBe("ok");
        hole.Taken.ShouldBeGreaterThan(3);
    }

    [Fact]
    public async Task Json_is_one_document_with_stable_ids()
    {
        using var folder = new TempFolder();
        var document = JsonDocument.Parse((await Visit.PayAsync(folder)).Json).RootElement;

        document.GetProperty("schema").GetString().ShouldBe("consumers.doctor/1");
        document.GetProperty("exitCode").GetInt32().ShouldBe(0);
        document.GetProperty("counts").EnumerateObject().Select(count => count.Name).ShouldBe(["ok", "off", "unknown", "warn", "fail", "unreachable"]);
        var checks = document.GetProperty("checks").EnumerateArray().ToArray();
        checks.Select(check => check.GetProperty("id").GetString()).ShouldBeUnique();
        checks.Select(check => check.GetProperty("id").GetString()).ShouldBe(
            ["ledger.path", "ledger.disk", "ledger.space", "redis.connection", "host.api-key", "host.port",
             "settings.modules.rabbit", "settings.modules.kafka", "settings.modules.scaling", "settings.modules", "settings.guard", "settings.memory", "telemetry.connection"], ignoreOrder: true);
        checks.ShouldAllBe(check => check.EnumerateObject().Select(member => member.Name).SequenceEqual(new[] { "id", "status", "title", "where", "text", "mend", "durationMs" }));
    }

    [Theory]
    [InlineData("Consumers:MaxBodyBytes=5", "Consumers:MaxBodyBytes is '5'")]
    [InlineData("urls=http://0.0.0.0:8080", "can be reached from other machines")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT=nonsense", "OTEL_EXPORTER_OTLP_ENDPOINT is 'nonsense'")]
    [InlineData("Consumers:Handlers:Timeout=00:20:00", "Consumers:Rabbit:ConsumerTimeout")]
    [InlineData("RABBITMQ_URL=http://u:canary@x", "Consumers:Rabbit:Url is 'http://u@x:80/'")]
    public async Task A_wrong_configuration_is_exit_code_2(string setting, string text)
    {
        string[] arguments = ["doctor", "--modules", "rabbit", "--set", setting, "CONSUMERS_API_KEY="];
        var (exitCode, output, error) = await RunAsync(arguments);
        var (jsonCode, json, _) = await RunAsync([.. arguments, "--json"]);

        (exitCode, jsonCode).ShouldBe((2, 2), error);
        error.ShouldContain(text);
        output.ShouldBeEmpty();
        JsonDocument.Parse(json).RootElement.GetProperty("error").GetString()!.ShouldContain(text);
        (error + json).ShouldNotContain("canary");
    }

    [Fact]
    public async Task An_interrupt_ends_it_at_once_with_130()
    {
        using var folder = new TempFolder();
        using var hole = new Blackhole();
        await using var doctor = HostProcess.LaunchVerb(["doctor", "--timeout", "300", "--modules", "rabbit", "--set", $"RABBITMQ_URL=amqp://127.0.0.1:{hole.Port}", "REDIS_URL="], folder);
        await Eventually.TrueAsync(() => new ValueTask<bool>(hole.Taken > 0), "it has begun");

        (await doctor.TerminateAsync()).ShouldBe(130);
    }

    [Fact]
    public void What_is_said_has_no_secret_and_nothing_that_a_terminal_obeys()
    {
        var configuration = new ConfigurationManager
        {
            ["RABBITMQ_URL"] = "amqp://me:p%40ss-canary@host:5672/",
            ["REDIS_URL"] = "redis://lonely-canary@host",
            ["Consumers:Kafka:Client:sasl.password"] = "kafka-canary",
            ["CONSUMERS_API_KEY"] = "key-canary",
            ["OTEL_EXPORTER_OTLP_HEADERS"] = "authorization=otel-canary",
        };
        var finding = new CheckFinding("x.y", Verdict.Fail, "p@ss-canary p%40ss-canary lonely-canary kafka-canary key-canary authorization=otel-canary \e[31m\u202Ered\a", "again: kafka-canary", TimeSpan.Zero);
        var report = new DoctorReport([new Diagnosis("x", "X", "amqp://me:p%40ss-canary@host", [finding], TimeSpan.Zero)], new Secrets(configuration), "me", TimeSpan.Zero);
        using var text = new StringWriter();

        report.Print(text, verbose: false, colors: false);

        foreach (var said in (string[])[text.ToString(), report.ToJson()])
        {
            said.ShouldNotContain("canary");
            said.ShouldContain("*** *** *** *** ***");
            said.Replace(Environment.NewLine, "", StringComparison.Ordinal).Any(c => char.IsControl(c) || c == '\u202E').ShouldBeFalse(said);
        }
    }

    [Theory]
    [InlineData(0, Verdict.Ok, Verdict.Warn, Verdict.Unknown, Verdict.Off)]
    [InlineData(3, Verdict.Ok, Verdict.Unreachable)]
    [InlineData(1, Verdict.Unreachable, Verdict.Fail)]
    public void The_exit_code_is_that_of_the_worst(int code, params Verdict[] verdicts) =>
        new DoctorReport([new Diagnosis("x", "X", "", [.. verdicts.Select((verdict, i) => new CheckFinding($"x.{i}", verdict, "", null, TimeSpan.Zero))], TimeSpan.Zero)], new Secrets(new ConfigurationManager()), "me", TimeSpan.Zero)
            .ExitCode.ShouldBe(code);

    private static (string Name, string Value)[] Everything(int port) =>
    [
        ("Consumers:Rabbit:Enabled", "true"), ("Consumers:Scaling:Enabled", "true"), ("Consumers:Kafka:Enabled", "true"),
        ("RABBITMQ_URL", $"amqp://guest:guest@127.0.0.1:{port}/"), ("REDIS_URL", $"redis://127.0.0.1:{port}"), ("KAFKA_BOOTSTRAP_SERVERS", $"127.0.0.1:{port}"),
    ];

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await new CommandLine(RunVerb.Create(), DoctorVerb.Create()).RunAsync(arguments, output, error);
        return (exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Takes every connection and says nothing.</summary>
    private sealed class Blackhole : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly ConcurrentBag<TcpClient> _taken = [];

        public Blackhole()
        {
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
            _ = TakeAsync();
        }

        public int Port { get; }

        public int Taken => _taken.Count;

        public void Dispose()
        {
            _listener.Stop();
            foreach (var client in _taken)
            {
                client.Dispose();
            }
        }

        private async Task TakeAsync()
        {
            try
            {
                while (true)
                {
                    _taken.Add(await _listener.AcceptTcpClientAsync());
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
            }
        }
    }
}
