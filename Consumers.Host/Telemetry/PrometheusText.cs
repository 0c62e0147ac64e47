using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Consumers.Host.Telemetry;

/// <summary>
/// Writes metrics as Prometheus reads them: text format 0.0.4, or OpenMetrics 1.0.0. Names by OpenTelemetry's rules for Prometheus: dots become underscores, the unit is appended, a counter ends in
/// <c>_total</c>. Labels of the scope are left out, because all instruments of one name are of one meter.
/// </summary>
internal sealed class PrometheusText(bool isOpen)
{
    public const string OpenMetricsType = "application/openmetrics-text";

    private static readonly Dictionary<string, string> Units = new(StringComparer.Ordinal) { ["s"] = "seconds", ["ms"] = "milliseconds", ["By"] = "bytes", ["1"] = "" };

    private readonly StringBuilder _text = new(16 * 1024);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Who tells, as labels of one sample.</summary>
    public void Target(Resource resource)
    {
        Head("target", isOpen ? "info" : "gauge", "Who tells these metrics", suffix: isOpen ? "" : "_info");
        _text.Append("target_info");
        Labels(resource.Attributes.Select(attribute => new KeyValuePair<string, object?>(attribute.Key, attribute.Value)), null);
        _text.Append(" 1\n");
    }

    public void Add(Metric metric)
    {
        var isCounter = metric.MetricType is MetricType.LongSum or MetricType.DoubleSum;
        var isHistogram = metric.MetricType == MetricType.Histogram;
        var name = NameOf(metric.Name, metric.Unit);
        // Two types under one name would make the whole answer unreadable.
        if (metric.MetricType == MetricType.ExponentialHistogram || !_names.Add(name))
        {
            return;
        }
        Head(name, isCounter ? "counter" : isHistogram ? "histogram" : "gauge", metric.Description, isCounter && !isOpen ? "_total" : "");
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            if (isHistogram)
            {
                Histogram(name, in point);
                continue;
            }
            _text.Append(name).Append(isCounter ? "_total" : "");
            Labels(point.Tags);
            _text.Append(' ').Append(metric.MetricType switch
            {
                MetricType.LongSum or MetricType.LongSumNonMonotonic => Number(point.GetSumLong()),
                MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => Number(point.GetSumDouble()),
                MetricType.LongGauge => Number(point.GetGaugeLastValueLong()),
                _ => Number(point.GetGaugeLastValueDouble()),
            }).Append('\n');
        }
    }

    public override string ToString() => isOpen ? _text + "# EOF\n" : _text.ToString();

    /// <summary><c>messaging.process.duration</c> in <c>s</c> is <c>messaging_process_duration_seconds</c>.</summary>
    public static string NameOf(string name, string unit)
    {
        var word = unit.StartsWith('{') ? "" : Units.GetValueOrDefault(unit, unit);
        var written = Clean(name);
        return word.Length == 0 || written.EndsWith($"_{word}", StringComparison.Ordinal) ? written : $"{written}_{Clean(word)}";
    }

    private void Histogram(string name, in MetricPoint point)
    {
        long below = 0;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            below += bucket.BucketCount;
            _text.Append(name).Append("_bucket");
            Labels(point.Tags, double.IsPositiveInfinity(bucket.ExplicitBound) ? "+Inf" : Bound(bucket.ExplicitBound));
            _text.Append(' ').Append(Number(below)).Append('\n');
        }
        _text.Append(name).Append("_sum");
        Labels(point.Tags);
        _text.Append(' ').Append(Number(point.GetHistogramSum())).Append('\n').Append(name).Append("_count");
        Labels(point.Tags);
        _text.Append(' ').Append(Number(point.GetHistogramCount())).Append('\n');
    }

    private void Head(string name, string type, string? help, string suffix)
    {
        _text.Append("# HELP ").Append(name).Append(suffix).Append(' ').Append(Escape(help is { Length: > 0 } ? help : name, quotes: isOpen)).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(suffix).Append(' ').Append(type).Append('\n');
    }

    private void Labels(ReadOnlyTagCollection tags, string? bound = null)
    {
        var list = new List<KeyValuePair<string, object?>>(tags.Count);
        foreach (var tag in tags)
        {
            list.Add(tag);
        }
        Labels(list, bound);
    }

    private void Labels(IEnumerable<KeyValuePair<string, object?>> tags, string? bound)
    {
        var isFirst = true;
        foreach (var (name, value) in tags)
        {
            Label(Clean(name), Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", ref isFirst);
        }
        if (bound is not null)
        {
            Label("le", bound, ref isFirst);
        }
        _text.Append(isFirst ? "" : "}");
    }

    private void Label(string name, string value, ref bool isFirst)
    {
        _text.Append(isFirst ? '{' : ',').Append(name).Append("=\"").Append(Escape(value, quotes: true)).Append('"');
        isFirst = false;
    }

    private static string Escape(string text, bool quotes)
    {
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }

    private static string Clean(string name)
    {
        var clean = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            // What is replaced side by side becomes one underscore.
            var allowed = char.IsAsciiLetterOrDigit(c) ? c : '_';
            if (allowed != '_' || clean.Length == 0 || clean[^1] != '_')
            {
                clean.Append(allowed);
            }
        }
        return clean.Length > 0 && char.IsAsciiDigit(clean[0]) ? $"_{clean}" : clean.ToString();
    }

    /// <summary>OpenMetrics wants a point in every bound.</summary>
    private string Bound(double bound) => Number(bound) is var text && isOpen && !text.Contains('.') ? text + ".0" : text;

    private static string Number(double value) =>
        double.IsNaN(value) ? "NaN" : double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
