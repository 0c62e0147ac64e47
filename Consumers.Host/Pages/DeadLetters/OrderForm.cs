using System.Globalization;
using Consumers.Core;
using Consumers.Host.Api;

namespace Consumers.Host.Pages.DeadLetters;

/// <summary>What the page that asks once more hands back: the frozen set, and how to go about it.</summary>
internal sealed class OrderForm
{
    /// <summary>Of the operation, given when the page was shown: a button that is pressed twice starts it once.</summary>
    public string Operation { get; set; } = OperationSwitch.NewId();

    public long CutOff { get; set; }

    public long Count { get; set; }

    /// <summary>What was typed to discard more than one.</summary>
    public string? Typed { get; set; }

    /// <summary>A second; empty for the configured default.</summary>
    public string? Rate { get; set; }

    public string? Canary { get; set; }

    public string? StopAt { get; set; } = "50";

    public string? Name { get; set; }

    public string? Why { get; set; }

    /// <summary>The order, or what is wrong with the form.</summary>
    public (OperationOrder? Order, string? Error) Read(OperationChoice choice)
    {
        if (Operation is not { Length: > 0 and <= 64 } || !TaskName.IsValid(Operation) || CutOff < 0 || Count < 1)
        {
            return (null, "This form is not whole: open the page again.");
        }
        if (choice.Kind == OperationKind.Discard && Count > 1 && Typed?.Trim() != Count.ToString(CultureInfo.InvariantCulture))
        {
            return (null, $"To discard them, type their number: {Count}.");
        }
        if (!Number(Rate, OperationSwitch.MinRate, OperationSwitch.MaxRate, out var rate))
        {
            return (null, "The rate must be 0.1 to 10000 a second, or empty.");
        }
        if (!Number(Canary, 0, long.MaxValue, out var canary) || canary is { } first && (first != Math.Floor(first) || first > int.MaxValue))
        {
            return (null, "The number of the first ones must be a whole number, or empty.");
        }
        return Number(StopAt, 1, 100, out var stop) && (stop is not { } percent || percent == Math.Floor(percent))
            ? (new OperationOrder(Operation, choice, CutOff, Count, Name ?? "", Why, rate, (int)(canary ?? 0), (int)(stop ?? 50)), null)
            : (null, "The share at which to stop must be 1 to 100 percent.");
    }

    private static bool Number(string? text, double min, double max, out double? number)
    {
        number = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var read) ? read : null;
        return string.IsNullOrWhiteSpace(text) || (number >= min && number <= max);
    }
}
