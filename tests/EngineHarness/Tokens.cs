namespace EngineHarness;

/// <summary>Type tokens and URNs as the engine writes them.</summary>
static class Tokens
{
    public const string Stack = "pulumi:pulumi:Stack";

    const string ProviderPrefix = "pulumi:providers:";

    /// <summary>The full form of a token: <c>pkg:Thing</c> is short for <c>pkg:index:Thing</c>.</summary>
    public static string Canonical(string token) => token.Split(':') is [var package, var name] ? $"{package}:index:{name}" : token;

    /// <summary>The short form of a token, as generated programs use it.</summary>
    public static string Short(string token) => token.Replace(":index:", ":", StringComparison.Ordinal);

    /// <summary>The package that a resource type belongs to; for a provider's type the package it is the provider of.</summary>
    public static string Package(string type) =>
        IsProvider(type) ? type[ProviderPrefix.Length..] : type[..type.IndexOf(':', StringComparison.Ordinal)];

    public static bool IsProvider(string type) => type.StartsWith(ProviderPrefix, StringComparison.Ordinal);

    /// <summary>The type of a package's provider.</summary>
    public static string Provider(string package) => ProviderPrefix + package;

    public static string Urn(string stack, string project, string type, string name) => $"urn:pulumi:{stack}::{project}::{type}::{name}";

    /// <summary>The name in a URN; it may itself contain <c>::</c>.</summary>
    public static string NameOf(string urn) => urn.Split("::", 4)[3];

    /// <summary>The type in a URN, without the types of its parents.</summary>
    public static string TypeOf(string urn)
    {
        var qualified = urn.Split("::", 4)[2];
        return qualified[(qualified.LastIndexOf('$') + 1)..];
    }
}
