using Consumers.Host.Cli;

namespace Consumers.Tests.Verify;

public sealed class VerifyInputTests
{
    private static readonly VerifyInput Plain = new("rabbitmq", null, 3, "auto", "quick", null, null, 7, [], Keep: false);

    [Fact]
    public void RabbitMQ_carries_two_modules_and_the_plan_is_the_profiles()
    {
        var request = Plain.Read(newSeed: 1);

        request.Modules.ShouldBe(["rabbit", "scaling"]);
        request.Seed.ShouldBe(7);
        request.Rate.ShouldBeNull();
        request.Plan.Faults.Select(fault => fault.Kind.Name).Order().ShouldBe(["black-hole", "broker-kill-9", "cut", "kill-9", "kill-9", "redis-kill-9"]);
    }

    [Fact]
    public void What_cannot_happen_to_the_mock_cluster_is_left_out_of_a_profile()
    {
        var request = (Plain with { Broker = "kafka-mock" }).Read(newSeed: 1);

        request.Modules.ShouldBe(["kafka"]);
        request.Plan.Faults.Select(fault => fault.Kind.Name).Order().ShouldBe(["broker-down", "kill-9", "kill-9"]);
    }

    [Fact]
    public void All_modules_take_part_over_both_brokers_and_a_named_cluster_is_not_killed()
    {
        (Plain with { Broker = "rabbitmq,kafka-mock" }).Read(newSeed: 1).Modules.ShouldBe(["rabbit", "kafka", "scaling"]);
        var named = (Plain with { Broker = "kafka=10.0.0.1:9092", Profile = "standard" }).Read(newSeed: 1);
        named.KafkaServers.ShouldBe("10.0.0.1:9092");
        named.Plan.Faults.ShouldNotContain(fault => fault.Kind.Option == "broker");
    }

    [Fact]
    public void A_kind_happens_as_often_as_is_asked_for()
    {
        var request = (Plain with { Faults = "kill:10,redis" }).Read(newSeed: 1);

        request.Plan.Faults.GroupBy(fault => fault.Kind.Name).Select(kind => (kind.Key, kind.Count())).ShouldBe([("kill-9", 10), ("redis-kill-9", 1)], ignoreOrder: true);
    }

    [Fact]
    public void Without_a_seed_there_is_a_new_one() => (Plain with { Seed = null }).Read(newSeed: 42).Seed.ShouldBe(42);

    [Theory]
    [InlineData("--broker rabitmq", "--broker is 'rabitmq', but must be rabbitmq, kafka-mock, kafka=HOST:PORT. Did you mean 'rabbitmq'?")]
    [InlineData("--broker kafka=", "--broker is 'kafka='")]
    [InlineData("--modules kafka", "--modules has 'kafka', but --broker rabbitmq carries rabbit and scaling.")]
    [InlineData("--modules rabit", "'rabit' is not a module. Did you mean 'rabbit'?")]
    [InlineData("--instances 0", "--instances is 0, but must be 1 to 9.")]
    [InlineData("--rate fast", "--rate is 'fast', but must be auto, or 1 to 100000 messages a second.")]
    [InlineData("--profile quik", "--profile is 'quik', but must be quick, standard, soak. Did you mean 'quick'?")]
    [InlineData("--seconds 1", "--seconds is 1, but must be 3 to 86400.")]
    [InlineData("--faults kil", "--faults has 'kil', but must be any of kill, term, freeze, broker, cut, redis, ledger, poison, or none. Did you mean 'kill'?")]
    [InlineData("--faults kill:0", "--faults has 'kill:0', but how often must be 1 to 1000.")]
    [InlineData("--faults redis --modules rabbit", "--faults has 'redis', but no module of this run uses Redis (the scaling module does).")]
    [InlineData("--faults cut --broker kafka-mock", "--faults has 'cut', but it needs the proxy in front of RabbitMQ")]
    [InlineData("--report out.txt", "--report is 'out.txt', but must end in .json or .html.")]
    [InlineData("--report /no/such/folder/out.json", "but there is no folder /no/such/folder.")]
    [InlineData("--nonsense", "'--nonsense' is not an option of 'verify'.")]
    public async Task Bad_input_is_one_clear_text_and_exit_code_2(string arguments, string text)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();

        var exitCode = await new CommandLine(RunVerb.Create(), VerifyVerb.Create()).RunAsync(["verify", .. arguments.Split(' ')], output, error);

        exitCode.ShouldBe(ExitCode.BadInput, error.ToString());
        error.ToString().ShouldContain(text);
        output.ToString().ShouldBeEmpty();
    }
}
