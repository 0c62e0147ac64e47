using System.Buffers;
using System.Diagnostics;
using System.Reflection;

namespace Consumers.Core;

/// <summary>Where an exception came from, as a person would say it: <c>EmailTaskHandler.SendAsync</c>. Never a file, a line or an argument.</summary>
public static class ErrorPlace
{
    public const int MaxLength = 200;

    /// <summary>More frames than this are a recursion; its first ones tell as much as all of them.</summary>
    private const int MaxFrames = 200;

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._`+");

    /// <summary>The innermost frame in the assembly of the handler; else the innermost that is neither of .NET nor of this library; null when there is none.</summary>
    public static string? Of(Exception exception, Type handler)
    {
        string? elsewhere = null;
        var frames = new StackTrace(exception, fNeedFileInfo: false).GetFrames();
        foreach (var frame in frames.Take(MaxFrames))
        {
            if (MethodOf(frame) is not { DeclaringType: { } type } method)
            {
                continue;
            }
            if (type.Assembly == handler.Assembly)
            {
                return Name(type, method);
            }
            elsewhere ??= IsForeign(type.Assembly) ? null : Name(type, method);
        }
        return elsewhere;
    }

    /// <summary>From a header; null for what this class cannot have written.</summary>
    public static string? Read(string? header) =>
        header is { Length: > 0 and <= MaxLength } && !header.AsSpan().ContainsAnyExcept(Allowed) ? header : null;

    private static MethodBase? MethodOf(StackFrame frame)
    {
#pragma warning disable IL2026 // A trimmed program has fewer names, which is all that can go wrong.
        return frame.GetMethod();
#pragma warning restore IL2026
    }

    private static bool IsForeign(Assembly assembly) =>
        assembly == typeof(ErrorPlace).Assembly
        || (assembly.GetName().Name is { } name && (name is "mscorlib" or "netstandard" || name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal)));

    /// <summary>The compiler puts the body of an async method, a lambda or a local function into <c>&lt;SendAsync&gt;d__5</c> and the like: the name between the brackets is the one that was written.</summary>
    private static string? Name(Type type, MethodBase method)
    {
        var name = Written(method.Name) ?? method.Name;
        while (type.Name.StartsWith('<') && type.DeclaringType is { } outer)
        {
            name = Written(type.Name) ?? name;
            type = outer;
        }
        return Read($"{type.Name}.{name.TrimStart('.')}");
    }

    private static string? Written(string name)
    {
        if (!name.StartsWith('<'))
        {
            return null;
        }
        // Of an async local function there are two brackets at the front.
        name = name.TrimStart('<');
        var end = name.IndexOf('>', StringComparison.Ordinal);
        return end > 0 ? name[..end] : null;
    }
}
