using Google.Protobuf;
using PulumiAliyunLive.Model;

namespace PulumiAliyunLive.Protocol;

/// <summary>A call that ended with a status other than OK, on either side of the wire.</summary>
class RpcException(Wire.Status status, Exception? inner = null) : Exception(status.Message, inner)
{
    public RpcException(ProviderStatus code, string message, Exception? inner = null)
        : this(new Wire.Status { Code = (int)code, Message = message }, inner)
    {
    }

    /// <summary>Code, text and details; the details are empty where the call told none.</summary>
    public Wire.Status Status { get; } = status;

    public ProviderStatus Code => (ProviderStatus)Status.Code;

    /// <summary>The first detail of the given type; null where there is none.</summary>
    public T? Detail<T>()
        where T : class, IMessage<T>, new()
    {
        foreach (var detail in Status.Details)
        {
            if (detail.TryUnpack<T>(out var message))
                return message;
        }

        return null;
    }
}
