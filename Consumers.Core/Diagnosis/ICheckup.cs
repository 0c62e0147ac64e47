namespace Consumers.Core;

/// <summary>
/// Looks at one dependency as this instance's configuration would use it, and says what it found. It changes nothing: nothing is declared, created, migrated, locked or written.
/// Each part registers its own; they run side by side, with a time limit each.
/// </summary>
public interface ICheckup
{
    /// <summary>The first part of the ids of its findings: <c>rabbit</c>.</summary>
    string Area { get; }

    /// <summary>For people: <c>RabbitMQ</c>.</summary>
    string Title { get; }

    /// <summary>The address that is looked at, without its password.</summary>
    string Where { get; }

    /// <summary>Tells each finding as soon as it is known: what was told before the time was over counts.</summary>
    /// <param name="deep">Also what takes long.</param>
    Task LookAsync(Findings findings, bool deep, CancellationToken cancellationToken);
}
