namespace Consumers.Core;

/// <summary>What a registration says of its handler: <c>AddHandler&lt;T&gt;(o => o.PermanentOn&lt;FormatException&gt;())</c>.</summary>
public sealed class HandlerOptions
{
    private readonly List<Type> _permanent = [];

    /// <summary>For all types of this handler; null for the configured default. Configuration by type goes before it.</summary>
    public TimeSpan? Timeout { get; set; }

    /// <summary>False for a handler whose failures say nothing about its next task: its types are never paused. Configuration by type goes before it.</summary>
    public bool Breaker { get; set; } = true;

    /// <summary>An exception of this type, or derived from it, is a permanent failure.</summary>
    public HandlerOptions PermanentOn<TException>() where TException : Exception
    {
        _permanent.Add(typeof(TException));
        return this;
    }

    internal bool IsPermanent(Exception exception) => _permanent.Exists(type => type.IsInstanceOfType(exception));
}
