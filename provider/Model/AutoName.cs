using System.Security.Cryptography;
using System.Text;

namespace PulumiAliyunLive.Model;

/// <summary>Names for resources whose program states none. The same request always gives the same name.</summary>
static class AutoName
{
    /// <summary>A dash and seven hexadecimal digits: what makes a name unique, and is kept when a name is cut.</summary>
    const int SuffixLength = 8;

    /// <summary>
    /// The name to fill in. Null where there is nothing to fill in: the program states the name (known or not), or has to and does not,
    /// which is then reported. A name once chosen is kept from the old inputs.
    /// </summary>
    /// <param name="maxLength">The longest name the service takes, in UTF-16 units.</param>
    /// <param name="allowed">The characters the service takes; null: all. Others become dashes.</param>
    public static string? Choose(
        CheckRequest request, string nameProperty, int maxLength, CheckFailures failures, Func<char, bool>? allowed = null)
    {
        if (request.News[nameProperty] is not null)
            return null;
        if (request.Olds[nameProperty]?.Text is { Length: > 0 } kept)
            return kept;
        switch (request.Autonaming)
        {
            case { Mode: AutonamingMode.Disable }:
                failures.Add(nameProperty, "is required, because automatic naming is switched off");
                return null;
            case { Mode: AutonamingMode.Enforce, ProposedName: var name }:
                if (Problem(name, maxLength, allowed) is not { } problem)
                    return name;
                failures.Add(nameProperty, $"cannot be `{name}` as the naming rule demands: {problem}; state a name, or change the rule");
                return null;
            case { Mode: AutonamingMode.Propose, ProposedName: { Length: > 0 } name }:
                return Fit(name, maxLength, allowed);
            default:
                return Fit($"{request.Name}-{Digits(request)}", maxLength, allowed);
        }
    }

    static string Digits(CheckRequest request)
    {
        // Engines always send a seed; without one the URN is what is the same each time and different for each resource.
        var seed = request.RandomSeed.IsEmpty ? Encoding.UTF8.GetBytes(request.Urn) : request.RandomSeed.Span;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(seed, hash);
        return Convert.ToHexStringLower(hash[..4])[..(SuffixLength - 1)];
    }

    static string? Problem(string name, int maxLength, Func<char, bool>? allowed)
    {
        if (name.Length == 0)
            return "the name is empty";
        if (name.Length > maxLength)
            return $"the name has {name.Length} characters, and at most {maxLength} are allowed";
        return allowed is not null && !name.All(allowed) ? "the name has a character that is not allowed" : null;
    }

    /// <summary>Cuts a name in front of its suffix, never through a surrogate pair.</summary>
    static string Fit(string name, int maxLength, Func<char, bool>? allowed)
    {
        if (allowed is not null)
            name = string.Create(name.Length, (name, allowed), static (result, from) =>
            {
                for (var i = 0; i < result.Length; i++)
                    result[i] = from.allowed(from.name[i]) ? from.name[i] : '-';
            });
        if (name.Length <= maxLength)
            return name;
        var suffix = name.AsSpan(name.Length - Math.Min(SuffixLength, maxLength));
        if (char.IsLowSurrogate(suffix[0]))
            suffix = suffix[1..];
        var head = name.AsSpan(0, maxLength - suffix.Length);
        if (head.Length > 0 && char.IsHighSurrogate(head[^1]))
            head = head[..^1];
        return $"{head}{suffix}";
    }
}
