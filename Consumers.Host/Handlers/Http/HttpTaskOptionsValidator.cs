using System.Text;
using System.Text.RegularExpressions;
using Consumers.Core;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Handlers.Http;

internal sealed partial class HttpTaskOptionsValidator(IConfiguration? configuration = null) : IValidateOptions<HttpTaskOptions>
{
    /// <summary>Those that decide where a request goes and how it is framed, and those that the handler sets.</summary>
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Connection", "Expect", "Transfer-Encoding", "Upgrade", HttpCaller.IdempotencyKey, HttpCaller.TaskId, HttpCaller.TaskAttempt, TaskHeaders.TraceParent, TaskHeaders.TraceState,
    };

    public ValidateOptionsResult Validate(string? name, HttpTaskOptions options)
    {
        var errors = new OptionErrors(HttpTaskOptions.Section);
        errors.Check(options.Timeout > TimeSpan.Zero && options.Timeout <= TimeSpan.FromMinutes(10), nameof(options.Timeout), options.Timeout, "over 0, at most 10 minutes");
        // An address in the place of the section leaves no endpoint behind, and its tasks would be found out one by one.
        foreach (var bare in configuration?.GetSection($"{HttpTaskOptions.Section}:Endpoints").GetChildren().Where(child => !options.Endpoints.ContainsKey(child.Key)) ?? [])
        {
            errors.Check(false, $"Endpoints:{bare.Key}", "***", $"a section: its address is {HttpTaskOptions.Section}:Endpoints:{bare.Key}:Url");
        }
        foreach (var (endpoint, of) in options.Endpoints)
        {
            errors.Check(Name().IsMatch(endpoint), $"Endpoints:{endpoint}", endpoint, "named with 1 to 64 characters of A-Za-z0-9._-");
            // Not shown: addresses carry credentials more often than one thinks.
            errors.Check(IsUrl(of.Url), $"Endpoints:{endpoint}:Url", string.IsNullOrEmpty(of.Url) ? "" : "***", "http://host/path or https://host/path, without a user name and a fragment");
            foreach (var (header, value) in of.Headers)
            {
                errors.Check(IsHeader(header, value), $"Endpoints:{endpoint}:Headers:{header}", "***", $"a request header in ASCII and none of {string.Join(", ", Reserved)}");
            }
        }
        return errors.Result;
    }

    internal static bool IsUrl(string? url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            && uri.Host.Length > 0 && uri.UserInfo.Length == 0 && uri.Fragment.Length == 0;

    private static bool IsHeader(string name, string? value)
    {
        using var request = new HttpRequestMessage();
        return !Reserved.Contains(name) && value is not null && Ascii.IsValid(value) && !value.Any(char.IsControl) && request.Headers.TryAddWithoutValidation(name, value);
    }

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex Name();
}
