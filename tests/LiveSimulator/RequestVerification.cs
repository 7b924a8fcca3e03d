using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LiveSimulator;

/// <summary>A pair of keys that the simulator accepts.</summary>
/// <param name="Token">The security token that must come along; null for a permanent pair.</param>
/// <param name="ExpiresAt">When a temporary pair stops working.</param>
sealed record AccessKey(string Id, string Secret, string? Token, DateTimeOffset? ExpiresAt, string Arn);

/// <summary>
/// Recomputes the signature (<c>ACS3-HMAC-SHA256</c>) of a request from what came over the wire, and checks date, nonce, key and token as the
/// gateway in front of the service does. Written apart from the provider's signing, so that one can catch the other's mistakes.
/// </summary>
sealed class RequestVerification(SimulatorSettings settings)
{
    const string Algorithm = "ACS3-HMAC-SHA256";
    static readonly TimeSpan Skew = TimeSpan.FromMinutes(15);

    readonly Dictionary<string, AccessKey> _keys = new(StringComparer.Ordinal);
    readonly HashSet<string> _expiredTokens = new(StringComparer.Ordinal);
    readonly HashSet<string> _nonces = new(StringComparer.Ordinal);
    readonly Queue<(DateTimeOffset At, string Nonce)> _nonceAges = new();

    public void Add(AccessKey key) => _keys[key.Id] = key;

    public void Expire(string token) => _expiredTokens.Add(token);

    /// <summary>The key the request is signed with; throws the gateway's refusal.</summary>
    /// <param name="now">The simulated time.</param>
    /// <param name="ownClock">The time without what it was moved by.</param>
    public AccessKey Verify(ServiceRequest request, DateTimeOffset now, DateTimeOffset ownClock)
    {
        var authorization = request.Header("authorization") ?? throw Incomplete("The Authorization header is missing.");
        var parts = Parts(authorization);
        var key = _keys.GetValueOrDefault(parts.Credential)
            ?? throw new ServiceError(settings.UnknownAccessKeyStatus, "InvalidAccessKeyId.NotFound", "Specified access key is not found.");
        CheckDate(request, now, ownClock);
        CheckSignature(request, key, parts.SignedHeaders, parts.Signature);
        CheckToken(request, key, now);
        CheckNonce(request, now);
        return key;
    }

    static (string Credential, string SignedHeaders, string Signature) Parts(string authorization)
    {
        if (!authorization.StartsWith(Algorithm + " ", StringComparison.Ordinal))
            throw Incomplete($"The signature must be of the kind {Algorithm}.");
        var parts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in authorization[(Algorithm.Length + 1)..].Split(','))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0) parts[part[..equals]] = part[(equals + 1)..];
        }
        return parts.TryGetValue("Credential", out var credential)
            && parts.TryGetValue("SignedHeaders", out var signed)
            && parts.TryGetValue("Signature", out var signature)
            ? (credential, signed, signature)
            : throw Incomplete("Authorization must have Credential, SignedHeaders and Signature, separated by commas without blanks.");
    }

    void CheckDate(ServiceRequest request, DateTimeOffset now, DateTimeOffset ownClock)
    {
        if (!ServiceTime.TryParse(request.Header("x-acs-date"), out var date))
            throw new ServiceError(400, "InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.");
        var near = (date - now).Duration() <= Skew
            || (settings.SkewReference == SkewReference.SimulatedOrOwnClock && (date - ownClock).Duration() <= Skew);
        if (!near) throw new ServiceError(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.");
    }

    void CheckSignature(ServiceRequest request, AccessKey key, string signedHeaders, string signature)
    {
        var payloadHash = Hex(SHA256.HashData(request.Body.Span));
        if (request.Header("x-acs-content-sha256") != payloadHash) throw Mismatch("x-acs-content-sha256 is not the hash of the body.");
        var expected = Sign(CanonicalRequest(request, payloadHash, out var expectedHeaders), key.Secret);
        if (signedHeaders != expectedHeaders) throw Incomplete($"The signed headers must be {expectedHeaders}.");
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.ASCII.GetBytes(signature)))
            throw Mismatch("The signature does not match the one computed from the request.");
    }

    void CheckToken(ServiceRequest request, AccessKey key, DateTimeOffset now)
    {
        var token = request.Header("x-acs-security-token");
        if (key.Token is null)
        {
            if (token is not null) throw Token("Malformed", "A permanent access key takes no security token.");
            return;
        }
        if (token is null) throw new ServiceError(400, "MissingSecurityToken", "SecurityToken is mandatory for this access key.");
        if (token != key.Token) throw Token("MismatchWithAccessKey", "Specified SecurityToken does not match the AccessKey.");
        if (key.ExpiresAt <= now || _expiredTokens.Contains(token)) throw Token("Expired", "Specified SecurityToken is expired.");
    }

    // A nonce can be forgotten once its request would be too old anyway.
    void CheckNonce(ServiceRequest request, DateTimeOffset now)
    {
        while (_nonceAges.TryPeek(out var oldest) && now - oldest.At > 2 * Skew) _nonces.Remove(_nonceAges.Dequeue().Nonce);
        var nonce = request.Header("x-acs-signature-nonce");
        if (string.IsNullOrEmpty(nonce)) throw ServiceError.MissingParameter("SignatureNonce");
        if (!_nonces.Add(nonce)) throw new ServiceError(400, "SignatureNonceUsed", "Specified signature nonce was used already.");
        _nonceAges.Enqueue((now, nonce));
    }

    /// <summary>The canonical form of a request, and the list of header names that it covers.</summary>
    public static string CanonicalRequest(ServiceRequest request, string payloadHash, out string signedHeaders)
    {
        var query = string.Join('&', request.DecodedQuery()
            .Select(pair => (Name: Encode(pair.Key), Value: Encode(pair.Value)))
            .OrderBy(pair => pair.Name, StringComparer.Ordinal)
            .ThenBy(pair => pair.Value, StringComparer.Ordinal)
            .Select(pair => $"{pair.Name}={pair.Value}"));
        var headers = request.Headers
            .Where(header => header.Key.StartsWith("x-acs-", StringComparison.Ordinal) || header.Key is "host" or "content-type")
            .GroupBy(header => header.Key, header => header.Value.Trim(), StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .ToList();
        signedHeaders = string.Join(';', headers.Select(group => group.Key));
        var lines = string.Concat(headers.Select(group => $"{group.Key}:{string.Join(", ", group.Order(StringComparer.Ordinal))}\n"));
        return $"{request.Method}\n{request.Path}\n{query}\n{lines}\n{signedHeaders}\n{payloadHash}";
    }

    /// <summary>The signature of a canonical request, as lower-case hexadecimal digits.</summary>
    public static string Sign(string canonicalRequest, string secret)
    {
        var toSign = $"{Algorithm}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonicalRequest)))}";
        return Hex(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(toSign)));
    }

    static string Encode(string text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            var letter = (char)octet;
            if (char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' or '~') encoded.Append(letter);
            else encoded.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
        }
        return encoded.ToString();
    }

    static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    static ServiceError Incomplete(string message) => new(400, "IncompleteSignature", message);

    ServiceError Mismatch(string message) => new(settings.SignatureMismatchStatus, "SignatureDoesNotMatch", message);

    static ServiceError Token(string kind, string message) => new(400, $"InvalidSecurityToken.{kind}", message);
}
