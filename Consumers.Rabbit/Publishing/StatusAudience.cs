using Consumers.Core;

namespace Consumers.Rabbit;

/// <summary>
/// The events of one routing key, and whether anybody is bound for it. An event that no queue is bound for is dropped by the broker, and two such events a task cost more than everything else
/// of it. So while nobody is bound, one event of a batch is sent for all: when the broker gives it back, nobody was bound at a time at which all of the batch were due, and none of them would have reached
/// anybody. When the broker takes it, the others follow it, and every event is sent from then on, until one comes back. What is due while the broker is asked belongs to the next batch: a
/// queue that is bound meanwhile gets it.
/// </summary>
internal sealed class StatusAudience(RabbitPublisher publisher, string routingKey, Func<StatusEvent, string, OutgoingMessage> messageFor)
{
    private readonly Lock _lock = new();
    private List<StatusAnnouncement> _due = [];
    private List<StatusAnnouncement> _batch = [];
    private bool _isAsking;
    private volatile bool _isThere;

    public ValueTask PublishAsync(StatusEvent status, CancellationToken cancellationToken)
    {
        if (_isThere)
        {
            return publisher.PublishAsync(Message(status), cancellationToken);
        }
        var announcement = new StatusAnnouncement(status, cancellationToken);
        bool asks;
        lock (_lock)
        {
            _due.Add(announcement);
            asks = !_isAsking;
            _isAsking = true;
        }
        if (asks)
        {
            _ = AskAsync();
        }
        return announcement.Completed;
    }

    private OutgoingMessage Message(StatusEvent status)
    {
        var message = messageFor(status, routingKey);
        message.Returned = Leave;
        return message;
    }

    private void Leave() => _isThere = false;

    /// <summary>Batch after batch, until nothing is due. Does not throw: whatever happens, its events are told.</summary>
    private async Task AskAsync()
    {
        while (TakeBatch())
        {
            var asking = Message(_batch[0].Status);
            try
            {
                await publisher.PublishAsync(asking, _batch[0].CancellationToken);
            }
            catch (Exception e)
            {
                Fail(e);
                continue;
            }
            if (asking.ReturnReason is null)
            {
                _batch[0].Complete();
                Follow(1);
                // Whoever comes from now on sends by itself, behind these.
                while (TakeBatchOrEnd())
                {
                    Follow(0);
                }
                return;
            }
            foreach (var announcement in _batch)
            {
                announcement.Complete();
            }
        }
    }

    /// <summary>Its own cancellation is nobody else's: the others are asked for again.</summary>
    private void Fail(Exception e)
    {
        var isOwn = e is OperationCanceledException && _batch[0].CancellationToken.IsCancellationRequested;
        _batch[0].Fail(e);
        for (var i = 1; i < _batch.Count; i++)
        {
            if (!isOwn)
            {
                _batch[i].Fail(e);
            }
        }
        if (isOwn && _batch.Count > 1)
        {
            lock (_lock)
            {
                _due.InsertRange(0, _batch[1..]);
            }
        }
    }

    private void Follow(int from)
    {
        for (var i = from; i < _batch.Count; i++)
        {
            _ = FollowAsync(_batch[i]);
        }
    }

    private async Task FollowAsync(StatusAnnouncement announcement)
    {
        try
        {
            await publisher.PublishAsync(Message(announcement.Status), announcement.CancellationToken);
            announcement.Complete();
        }
        catch (Exception e)
        {
            announcement.Fail(e);
        }
    }

    /// <summary>False when nothing is due; the next event asks.</summary>
    private bool TakeBatch()
    {
        lock (_lock)
        {
            (_batch, _due) = (_due, _batch);
            _due.Clear();
            return _isAsking = _batch.Count > 0;
        }
    }

    /// <summary>False when nothing is due; from then on every event is sent.</summary>
    private bool TakeBatchOrEnd()
    {
        lock (_lock)
        {
            (_batch, _due) = (_due, _batch);
            _due.Clear();
            _isAsking = _batch.Count > 0;
            _isThere = !_isAsking;
            return _isAsking;
        }
    }
}
