using Consumers.Host.Cli;

var commands = new CommandLine(
    defaultVerb: RunVerb.Create(),
    PublishVerb.Create(),
    HealthVerb.Create(),
    MockKafkaVerb.Create());

return await commands.RunAsync(args);
