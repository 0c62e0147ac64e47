using Consumers.Host.Cli;
using Consumers.Host.Cli.DeadLetters;
using Consumers.Host.Cli.Tasks;

var commands = new CommandLine(
    defaultVerb: RunVerb.Create(),
    PublishVerb.Create(),
    TasksVerb.Create(),
    DeadLettersVerb.Create(),
    OperationsVerb.Create(),
    DoctorVerb.Create(),
    HealthVerb.Create(),
    VerifyVerb.Create(),
    MockKafkaVerb.Create());

return await commands.RunAsync(args);
