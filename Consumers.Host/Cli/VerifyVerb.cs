using System.CommandLine;
using Consumers.Host.Verify;

namespace Consumers.Host.Cli;

/// <summary><c>consumers verify</c>: proves on this machine that a fleet loses nothing.</summary>
internal static class VerifyVerb
{
    public static Verb Create()
    {
        var broker = new Option<string>("--broker") { Description = "rabbitmq, kafka-mock, kafka=HOST:PORT, or several with commas.", DefaultValueFactory = _ => "rabbitmq" };
        var modules = new Option<string?>("--modules") { Description = "Only these, such as rabbit,scaling. Default: all that the brokers carry." };
        var instances = new Option<int>("--instances") { Description = "How many processes, 1 to 9.", DefaultValueFactory = _ => 3 };
        var rate = new Option<string>("--rate") { Description = "Messages a second over all modules, such as 200; auto for half of the measured peak.", DefaultValueFactory = _ => "auto" };
        var profile = new Option<string>("--profile") { Description = "quick (about 70 s), standard (about 4 min) or soak (about 60 min).", DefaultValueFactory = _ => "quick" };
        var seconds = new Option<int?>("--seconds") { Description = "Load for so long in place of the profile's, 3 to 86400." };
        var faults = new Option<string?>("--faults") { Description = $"Any of {string.Join(',', FaultKind.Options)}; none for none. How often each: kill:10. Default: the profile's." };
        var seed = new Option<int?>("--seed") { Description = "Repeats the load and the plan of another run. Default: a new one, which is printed." };
        var report = new Option<string[]>("--report") { Description = "Also write the report to a file that ends in .json or .html. May be given twice.", AllowMultipleArgumentsPerToken = false };
        var selftest = new Option<bool>("--selftest") { Description = "Break eleven promises on purpose, and show that each is found." };
        var keep = new Option<bool>("--keep") { Description = "Keep histories, ledger and logs of a valid run, too." };
        var json = new Option<bool>("--json") { Description = "Print one JSON document." };
        return new Verb("verify", "Prove on this machine that nothing is lost: brokers and a fleet of their own, load, faults, and a checker that grades what every process wrote down.")
        {
            Examples =
            [
                "consumers verify",
                "consumers verify --broker kafka-mock --report verify.html",
                "consumers verify --broker rabbitmq,kafka-mock --profile standard",
                "consumers verify --faults kill,term --instances 4 --rate 200 --seed 7341",
                "consumers verify --broker kafka=127.0.0.1:9092 --modules kafka",
                "consumers verify --selftest",
            ],
        }.With([broker, modules, instances, rate, profile, seconds, faults, seed, report, selftest, keep, json], (parsed, streams, cancellationToken) =>
        {
            var input = new VerifyInput(
                parsed.GetValue(broker)!, parsed.GetValue(modules), parsed.GetValue(instances), parsed.GetValue(rate)!, parsed.GetValue(profile)!, parsed.GetValue(seconds), parsed.GetValue(faults), parsed.GetValue(seed),
                parsed.GetValue(report) ?? [], parsed.GetValue(keep));
            var command = new VerifyCommand(input, parsed.GetValue(json), streams.Output, streams.Error);
            return parsed.GetValue(selftest) ? command.SelfTestAsync(cancellationToken) : command.RunAsync(cancellationToken);
        });
    }
}
