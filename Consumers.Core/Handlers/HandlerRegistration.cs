using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Core;

/// <summary>One <c>AddHandler&lt;T&gt;()</c>.</summary>
internal sealed record HandlerRegistration(Type HandlerType, bool IsScoped, HandlerOptions Options)
{
    /// <summary>The handler for one attempt; a scoped one comes with its scope, which ends with the attempt.</summary>
    public ITaskHandler Resolve(IServiceProvider services, out IServiceScope? scope)
    {
        scope = IsScoped ? services.CreateScope() : null;
        return (ITaskHandler)(scope?.ServiceProvider ?? services).GetRequiredService(HandlerType);
    }
}

public static class HandlerBuilderExtensions
{
    /// <summary>Adds a handler. No listener changes: every module asks the same handlers.</summary>
    /// <param name="lifetime">Singleton by default; scoped gives every attempt its own scope.</param>
    public static TaskConsumersBuilder AddHandler<THandler>(
        this TaskConsumersBuilder builder,
        Action<HandlerOptions>? configure = null,
        ServiceLifetime lifetime = ServiceLifetime.Singleton) where THandler : class, ITaskHandler
    {
        var options = new HandlerOptions();
        configure?.Invoke(options);
        builder.Services.Add(new ServiceDescriptor(typeof(THandler), typeof(THandler), lifetime));
        builder.Services.AddSingleton(new HandlerRegistration(typeof(THandler), lifetime != ServiceLifetime.Singleton, options));
        return builder;
    }
}
