namespace Consumers.Host.Handlers.Http;

/// <summary>Section <c>Consumers:Http</c>.</summary>
internal sealed class HttpTaskOptions
{
    public const string Section = "Consumers:Http";

    /// <summary>How long one call may take, from the connection to the end of the answer. Default 30 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>By name, in any case. The whole list of where tasks can post to: a payload names one of these, and never an address.</summary>
    public Dictionary<string, HttpEndpointOptions> Endpoints { get; set; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>Section <c>Consumers:Http:Endpoints:&lt;name&gt;</c>.</summary>
internal sealed class HttpEndpointOptions
{
    /// <summary>Absolute, http or https, without a user name: credentials go into <see cref="Headers"/>. Never logged.</summary>
    public string Url { get; set; } = "";

    /// <summary>Sent with every call. Their values are never logged.</summary>
    public Dictionary<string, string> Headers { get; set; } = new(StringComparer.OrdinalIgnoreCase);
}
