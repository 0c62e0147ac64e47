namespace Consumers.Host.Cli.Publishing;

/// <summary>What the command line asks to be published.</summary>
internal sealed record PublishRequest
{
    public required string Module { get; init; }

    public string? Type { get; init; }

    /// <summary>JSON, <c>@file</c> or <c>-</c>.</summary>
    public string? Payload { get; init; }

    /// <summary>NDJSON: a path, or <c>-</c> for stdin.</summary>
    public string? File { get; init; }

    public int Count { get; init; } = 1;

    /// <summary>Tasks already sent by an earlier run of the same command.</summary>
    public int Skip { get; init; }

    /// <summary>A second; null for as fast as the broker confirms.</summary>
    public double? Rate { get; init; }

    public string? Key { get; init; }

    public string? Id { get; init; }

    public int? MaxRetries { get; init; }

    public bool Json { get; init; }

    public bool Quiet { get; init; }
}
