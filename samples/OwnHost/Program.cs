using Consumers.Core;
using Consumers.Fleet;
using Consumers.Kafka;
using Consumers.Ledger;
using Consumers.Rabbit;
using Consumers.Scaling;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OwnHost;

// The same packages in a team's own host. RABBITMQ_URL, KAFKA_BOOTSTRAP_SERVERS and REDIS_URL say where those are, CONSUMER_ID who this instance is.
var builder = Host.CreateApplicationBuilder(args);
builder.Services
    .AddTaskConsumers(options => options.DrainTimeout = TimeSpan.FromSeconds(20))
    .AddLedger()
    .AddFleet()
    .AddRabbit()
    .AddKafka()
    .AddScaling()
    .AddHandler<GreetTaskHandler>();
// Longer than the drain, or the host cuts it short.
builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(30));

await builder.Build().RunAsync();
