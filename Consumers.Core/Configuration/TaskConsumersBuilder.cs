using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Core;

/// <summary>What <c>AddTaskConsumers()</c> returns; every part adds itself with one call on it.</summary>
public sealed class TaskConsumersBuilder(IServiceCollection services)
{
    public IServiceCollection Services { get; } = services;
}
