using Consumers.Host.Cli;
using Consumers.Host.Cli.DeadLetters;
using Consumers.Host.Cli.Tasks;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Host;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("rnu", "error: 'rnu' is not a verb. Did you mean 'run'? Verbs: run, publish, tasks, dead-letters, operations, doctor, health.")]
    [InlineData("pubish rabbit", "error: 'pubish' is not a verb. Did you mean 'publish'?")]
    [InlineData("publish rabit --type sleep", "error: 'rabit' is not a module. Did you mean 'rabbit'? Modules here: rabbit, kafka, scaling.")]
    [InlineData("publish rabbit --typ sleep", "error: '--typ' is not an option of 'publish'. Did you mean '--type'?")]
    [InlineData("publish rabbit", "error: --type is missing")]
    [InlineData("publish rabbit --type sleep --payload {oops", "error: --payload {oops is not JSON")]
    [InlineData("publish rabbit --type sleep --count 0", "--count is 0, but must be 1 to 100000000")]
    [InlineData("publish rabbit --type sleep --rate fast", "error: --rate is 'fast', but must be a number a time")]
    [InlineData("publish rabbit --type a/b", "error: --type is 'a/b', but must be 1 to 128 characters")]
    [InlineData("publish rabbit --file /no/such/file.ndjson", "error: --file '/no/such/file.ndjson' cannot be read")]
    [InlineData("publish rabbit --type sleep --id a --count 2", "error: --id names one task")]
    [InlineData("dlq grups", "error: 'grups' is not a verb of 'dead-letters'. Did you mean 'groups'?")]
    [InlineData("dead-letters", "error: 'dead-letters' needs a verb: groups, list, show, replay, discard, export.")]
    [InlineData("dlq list --were x", "error: '--were' is not an option of 'dead-letters list'. Did you mean '--where'?")]
    [InlineData("dlq list --where typ:email", "error: --where: 'typ:' is not a part of a filter. Did you mean 'type'?")]
    [InlineData("dlq list --limit 0", "--limit must be 1 to 100000.")]
    [InlineData("dlq replay", "error: say which dead letters to replay: ids, or --where")]
    [InlineData("dlq replay a --all", "or --all; one of these only.")]
    [InlineData("dlq replay a b --edit /dev/null", "is not JSON")]
    [InlineData("dlq discard --all --rate 0.01/s", "--rate must be 0.1 to 10000 a second.")]
    [InlineData("operations", "error: 'operations' needs a verb: list, show, watch, pause, resume, cancel.")]
    [InlineData("tasks", "error: 'tasks' needs a verb: list.")]
    [InlineData("tasks list rabit", "error: 'rabit' is not a module. Did you mean 'rabbit'?")]
    [InlineData("doctor --timeout 0", "--timeout is 0, but must be 0.1 to 600 seconds.")]
    [InlineData("run --modules rabit", "error: 'rabit' is not a module. Did you mean 'rabbit'?")]
    [InlineData("run --set nonsense", "error: --set 'nonsense' is not of the form")]
    [InlineData("run --set Consumers:MaxBodyBytes=5 Consumers:Email:SmtpPort=0 Consumers:DefaultMaxRetries=500", "Consumers:MaxBodyBytes is '5'")]
    [InlineData("run --set Consumers:MaxBodyBytes=5 Consumers:Email:SmtpPort=0 Consumers:DefaultMaxRetries=500", "Consumers:Email:SmtpPort is '0', but must be 1 to 65535. Environment: Consumers__Email__SmtpPort")]
    [InlineData("run --set Consumers:DrainTimeout=soon", "Consumers:DrainTimeout is 'soon', but must be a time such as 00:00:30")]
    [InlineData("run --id not/a/name", "CONSUMER_ID 'not/a/name' is not a name for an instance")]
    [InlineData("run --urls http://0.0.0.0:8080", "error: 'http://0.0.0.0:8080' can be reached from other machines")]
    [InlineData("run --urls nonsense", "error: 'nonsense' is not an address to listen on")]
    public async Task Bad_input_is_one_clear_text_and_exit_code_2(string arguments, string text)
    {
        var (exitCode, output, error) = await RunAsync(arguments.Split(' '));

        exitCode.ShouldBe(ExitCode.BadInput, error);
        error.ShouldContain(text);
        output.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("--help", "publish")]
    [InlineData("run --help", "RABBITMQ_URL=embedded consumers run")]
    [InlineData("publish --help", "consumers publish rabbit --type sleep")]
    [InlineData("doctor --help", "consumers doctor --verbose")]
    [InlineData("health --help", "consumers health --ready")]
    [InlineData("dlq --help", "consumers dlq groups")]
    [InlineData("dead-letters replay --help", "--rate 50/s --dry-run")]
    [InlineData("dlq export --help", "consumers dlq export --format csv")]
    [InlineData("operations watch --help", "consumers operations watch op-")]
    public async Task Help_ends_in_examples(string arguments, string text)
    {
        var (exitCode, output, _) = await RunAsync(arguments.Split(' '));

        exitCode.ShouldBe(ExitCode.Ok);
        output.ShouldContain(text);
    }

    [Fact]
    public async Task A_host_that_is_not_there_is_not_healthy()
    {
        var (exitCode, _, error) = await RunAsync(["health", "--url", $"http://127.0.0.1:{FreePort.Take()}"]);

        exitCode.ShouldBe(ExitCode.Failed);
        error.ShouldContain("no host answers at");
    }

    [Theory]
    [InlineData("dlq list")]
    [InlineData("dlq groups")]
    [InlineData("dlq replay --all --yes")]
    [InlineData("operations cancel op-1")]
    public async Task A_host_that_is_not_there_is_exit_code_3(string arguments)
    {
        var (exitCode, output, error) = await RunAsync([.. arguments.Split(' '), "--url", $"http://127.0.0.1:{FreePort.Take()}"]);

        exitCode.ShouldBe(ExitCode.Unreachable);
        error.ShouldContain("error: no host answers at");
        output.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_address_in_use_is_said_with_the_way_to_start_beside_it()
    {
        using var folder = new TempFolder();
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;

        var (exitCode, _, error) = await HostProcess.RunAsync(["run", "--urls", $"http://127.0.0.1:{port}"], [new("RABBITMQ_URL", "embedded")], folder);

        exitCode.ShouldBe(ExitCode.BadInput);
        error.ShouldContain($"cannot listen on http://127.0.0.1:{port}: the address is in use");
        error.ShouldContain($"--urls http://127.0.0.1:{port + 1}");
    }

    [Fact]
    public async Task A_drained_run_exits_with_0()
    {
        using var folder = new TempFolder();
        await using var host = await HostProcess.StartAsync("drained", [new("RABBITMQ_URL", "embedded")], folder);

        (await host.TerminateAsync()).ShouldBe(ExitCode.Ok);
    }

    internal static async Task<(int ExitCode, string Output, string Error)> RunAsync(string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await new CommandLine(RunVerb.Create(), PublishVerb.Create(), TasksVerb.Create(), DeadLettersVerb.Create(), OperationsVerb.Create(), DoctorVerb.Create(), HealthVerb.Create()).RunAsync(arguments, output, error);
        return (exitCode, output.ToString(), error.ToString());
    }
}
