namespace EngineHarness;

/// <summary>What differs between releases of the engine in what they send.</summary>
/// <param name="HandshakeTargets">Whether the handshake names further services and byte strings (3.247 to 3.254).</param>
/// <param name="InvokePreview">Whether a function call says that it runs in a preview (3.206).</param>
/// <param name="CancelsAtClose">Whether every plugin gets a Cancel before it is closed (3.231).</param>
/// <param name="ReadTimeout">Whether Read carries a timeout (3.246).</param>
sealed record EngineRelease(string Version, bool HandshakeTargets, bool InvokePreview, bool CancelsAtClose, bool ReadTimeout)
{
    public static readonly EngineRelease V3200 = new("3.200.0", false, false, false, false);
    public static readonly EngineRelease V3259 = new("3.259.0", true, true, true, true);
}
